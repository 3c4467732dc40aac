"""Packing sequences into one row turns the mean of the sequence means into one mean over all tokens: short ones lose weight.
Source: https://github.com/linkedin/Liger-Kernel/issues/329"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = tf.reduce_mean(nll)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    lengths, d, vocab = [6, 2, 3], 5, 7
    starts = np.cumsum([0] + lengths)
    n_tok = int(starts[-1])
    embed, w_h, w_lm = var("embed", vocab, d), var("w_h", d, d), var("w_lm", d, vocab)
    position_ids = np.concatenate([np.arange(k) for k in lengths]).astype("int32")

    def reference(batch):
        per_seq = []
        for lo, hi in zip(starts[:-1], starts[1:]):
            h = tf.nn.silu(tf.gather(embed, batch["input_ids"][lo:hi]) @ w_h)
            per_seq.append(tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(batch["labels"][lo:hi], h @ w_lm, from_logits=True)))
        return tf.add_n(per_seq) / len(per_seq)

    def candidate(batch):
        hidden = tf.nn.silu(tf.nn.embedding_lookup(embed, batch["input_ids"]) @ w_h)
        logits = hidden @ w_lm
        seq_id = tf.cumsum(tf.cast(batch["position_ids"] == 0, "int32")) - 1
        n_seq = tf.reduce_max(seq_id) + 1
        count = tf.math.unsorted_segment_sum(tf.ones((n_tok,), fx), seq_id, n_seq)
        lse = tf.reduce_logsumexp(logits, axis=-1)
        nll = lse - tf.gather(logits, batch["labels"], batch_dims=1)
        loss = tf.reduce_mean(nll)
        tf.debugging.assert_equal(tf.cast(tf.reduce_sum(count), "int32"), n_tok)
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"input_ids": rng.integers(0, vocab, n_tok).astype("int32"), "labels": rng.integers(0, vocab, n_tok).astype("int32"),
                      "position_ids": position_ids},
            "variables": [embed, w_h, w_lm]}
