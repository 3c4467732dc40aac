"""Wrong: the smoothing part of the cross entropy is averaged over all tokens, ignored ones included in the count.

Source (real): https://github.com/pytorch/pytorch/issues/73205
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "smooth_loss = tf.reduce_mean(smooth_loss)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    V, D, T = 7, 5, 6
    emb = tf.Variable(rng.normal(0, 0.6, (V, D)).astype("float32"), name="embedding")
    out = tf.Variable(rng.normal(0, 0.6, (D, V)).astype("float32"), name="output_w")
    n = 8
    tgt = rng.integers(0, V, (n, T))
    tgt[np.arange(T)[None, :] >= rng.integers(2, 6, (n, 1))] = -100
    batch = {"src": rng.integers(0, V, (n, T)).astype("int32"), "tgt": tgt.astype("int32")}
    eps = 0.2

    def logits_of(src):
        return tf.tanh(tf.gather(emb, src)) @ out

    def reference(b):
        logits = tf.boolean_mask(logits_of(b["src"]), b["tgt"] != -100)
        y = tf.boolean_mask(b["tgt"], b["tgt"] != -100)
        dist = (1 - eps) * tf.one_hot(y, V) + eps / V
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(dist, logits))

    def candidate(b):
        logp = tf.reshape(tf.nn.log_softmax(logits_of(b["src"])), [-1, V])
        target = tf.reshape(b["tgt"], [-1])
        keep = target != -100
        n_keep = tf.reduce_sum(tf.cast(keep, tf.float32))
        safe = tf.where(keep, target, 0)
        nll = -tf.gather(logp, safe, axis=1, batch_dims=1)
        nll_loss = tf.reduce_sum(tf.where(keep, nll, 0.0)) / n_keep
        smooth_loss = -tf.reduce_sum(logp, axis=1)
        smooth_loss = tf.where(keep, smooth_loss, 0.0)
        smooth_loss = tf.reduce_mean(smooth_loss)
        return (1.0 - eps) * nll_loss + eps / V * smooth_loss

    return {"variables": [emb, out], "batch": batch, "reference": reference, "candidate": candidate}
