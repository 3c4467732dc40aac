"""Label smoothing: the uniform part of the loss is not masked at the ignored positions (the one-hot part is).

Source (real): https://github.com/pytorch/pytorch/issues/73205
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'smooth_loss = -tf.reduce_mean(log_probs, axis=-1)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, V, d = 6, 7, 9, 5
    emb = tf.Variable(rng.normal(size=(V, d)).astype("float32"), name="emb")
    mix = tf.Variable(rng.normal(size=(d, d)).astype("float32") * 0.5, name="mix")
    out_bias = tf.Variable(rng.normal(size=(V,)).astype("float32") * 0.2, name="out_bias")
    labels = rng.integers(0, V, (n, T))
    lengths = rng.integers(2, T, n)
    labels[np.arange(T)[None] >= lengths[:, None]] = -100
    batch = {"tokens": rng.integers(0, V, (n, T)).astype("int32"), "labels": labels.astype("int32")}
    epsilon, ignore_index = 0.2, -100

    def log_softmax_of(tokens):
        h = tf.nn.tanh(tf.tensordot(tf.gather(emb, tokens), mix, 1))
        return tf.nn.log_softmax(tf.einsum("btd,vd->btv", h, emb) + out_bias)

    def reference(b):
        keep = tf.not_equal(b["labels"], ignore_index)
        lp = tf.boolean_mask(log_softmax_of(b["tokens"]), keep)
        lab = tf.boolean_mask(b["labels"], keep)
        target = (1.0 - epsilon) * tf.one_hot(lab, V) + epsilon / V
        return -tf.reduce_mean(tf.reduce_sum(target * lp, -1))

    def candidate(b):
        log_probs = log_softmax_of(b["tokens"])
        padding_mask = tf.equal(b["labels"], ignore_index)
        safe = tf.where(padding_mask, tf.zeros_like(b["labels"]), b["labels"])
        nll_loss = -tf.gather(log_probs, safe, batch_dims=2)
        nll_loss = tf.where(padding_mask, tf.zeros_like(nll_loss), nll_loss)
        smooth_loss = -tf.reduce_mean(log_probs, axis=-1)
        num_active = tf.reduce_sum(tf.cast(~padding_mask, tf.float32))
        nll_loss = tf.reduce_sum(nll_loss) / num_active
        smooth_loss = tf.reduce_sum(smooth_loss) / num_active
        return (1.0 - epsilon) * nll_loss + epsilon * smooth_loss

    return {"variables": [emb, mix, out_bias], "batch": batch, "reference": reference, "candidate": candidate}
