"""The decoder's cross attention is masked with the padding of the target sequence instead of that of the source.
Source: https://github.com/keras-team/keras-io/pull/1046"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "padding_mask = target_mask[:, tf.newaxis, :]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, vocab, d = 4, 6, 10, 5
    src_emb = tf.Variable(rng.normal(size=(vocab, d)).astype(fx), name="src_emb")
    tgt_emb = tf.Variable(rng.normal(size=(vocab, d)).astype(fx), name="tgt_emb")
    proj = tf.Variable(rng.normal(size=(d, vocab)).astype(fx), name="proj")

    def attend(q, k, v, mask):
        s = tf.matmul(q, k, transpose_b=True) / np.sqrt(d)
        return tf.matmul(tf.nn.softmax(s + (1.0 - mask) * -1e9), v)

    def reference(batch):
        losses, count = 0.0, 0.0
        for i in range(n):
            src, tgt = batch["source"][i], batch["target"][i]
            mem = tf.gather(src_emb, src)
            x = tf.gather(tgt_emb, tgt[:-1])
            keep = tf.cast(tgt != 0, x.dtype)
            x = x + attend(x, x, x, batch["causal"] * keep[None, :-1])
            x = x + attend(x, mem, mem, tf.cast(src != 0, x.dtype)[None, :])
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(tgt[1:], tf.matmul(x, proj))
            losses += tf.reduce_sum(ce * keep[1:])
            count += tf.reduce_sum(keep[1:])
        return losses / count

    def candidate(batch):
        enc_outputs = tf.gather(src_emb, batch["source"])
        dec_in, labels = batch["target"][:, :-1], batch["target"][:, 1:]
        inputs = tf.gather(tgt_emb, dec_in)
        target_mask = tf.cast(tf.not_equal(dec_in, 0), inputs.dtype)
        padding_mask = target_mask[:, tf.newaxis, :]
        self_mask = tf.minimum(batch["causal"][tf.newaxis], target_mask[:, tf.newaxis, :])
        out_1 = inputs + attend(inputs, inputs, inputs, self_mask)
        out_2 = out_1 + attend(out_1, enc_outputs, enc_outputs, padding_mask)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, tf.matmul(out_2, proj))
        weights = tf.cast(tf.not_equal(labels, 0), ce.dtype)
        return tf.reduce_sum(ce * weights) / tf.reduce_sum(weights)

    src = rng.integers(1, vocab, (n, t)).astype("int32")
    tgt = rng.integers(1, vocab, (n, t + 1)).astype("int32")
    for i, (a, b) in enumerate(((2, 7), (6, 4), (3, 6), (4, 5))):
        src[i, a:] = 0
        tgt[i, b:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"source": src, "target": tgt, "causal": np.tril(np.ones((t, t))).astype(fx)},
            "variables": [src_emb, tgt_emb, proj]}
