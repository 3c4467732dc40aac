"""With documents packed in one row, the last token of a document is trained to predict the first of the next one.
Source: https://github.com/pytorch/torchtitan/pull/4075"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "label = batch[\"tokens\"][:, 1:]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, s, vocab, d = 2, 9, 8, 5

    def var(name, *shape, sc=0.8):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    embed, w_mix, unembed = var("embed", vocab, d), var("w_mix", d, d), var("unembed", d, vocab)
    positions = np.array([[0, 1, 2, 0, 1, 2, 3, 0, 1], [0, 1, 0, 1, 2, 0, 1, 2, 3]], "int32")

    def reference(batch):
        total, n = 0.0, 0
        for row in range(b):
            starts = [i for i in range(s) if positions[row, i] == 0] + [s]
            for lo, hi in zip(starts[:-1], starts[1:]):
                doc = batch["tokens"][row, lo:hi]
                h = tf.tanh(tf.gather(embed, doc) @ w_mix)
                logp = tf.nn.log_softmax(h[:-1] @ unembed)
                total -= tf.reduce_sum(tf.gather(logp, doc[1:], batch_dims=1))
                n += hi - lo - 1
        return total / n

    def candidate(batch):
        ignore_index = -100
        inputs = batch["tokens"][:, :-1]
        label = batch["tokens"][:, 1:]
        hidden = tf.tanh(tf.einsum("bsd,de->bse", tf.nn.embedding_lookup(embed, inputs), w_mix))
        logits = tf.einsum("bse,ev->bsv", hidden, unembed)
        valid = label != ignore_index
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.where(valid, label, 0), logits=logits)
        weight = tf.cast(valid, fx)
        return tf.reduce_sum(ce * weight) / tf.reduce_sum(weight)

    return {"reference": reference, "candidate": candidate,
            "batch": {"tokens": rng.integers(0, vocab, (b, s)).astype("int32"), "positions": positions},
            "variables": [embed, w_mix, unembed]}
