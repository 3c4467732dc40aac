"""SimCLR: tf.math.l2_normalize without an axis normalises the whole (n, d) matrix, not each embedding.

Source (real): https://github.com/tensorflow/similarity/issues/237 (SimCLRLoss; the Barlow twins loss had the same).
Right answer: NOT equivalent; cosine similarities shrink by about n and the loss sticks near log(n).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "zb = tf.math.l2_normalize(project(b['view_b']))",
    "same_forward_value": False,
}

_TEMPERATURE = 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb = 20, 6, 4
    w1 = tf.Variable((0.6 * rng.standard_normal((d, 9))).astype(f), name="proj_hidden")
    w2 = tf.Variable((0.6 * rng.standard_normal((9, emb))).astype(f), name="proj_out")
    base = rng.standard_normal((n, d))
    batch = {
        "view_a": (base + 0.3 * rng.standard_normal((n, d))).astype(f),
        "view_b": (base + 0.3 * rng.standard_normal((n, d))).astype(f),
    }

    def project(x):
        return tf.nn.relu(x @ w1) @ w2

    def unit(v):
        return v / tf.sqrt(tf.reduce_sum(tf.square(v)))

    def reference(b):
        m = b["view_a"].shape[0]
        za, zb = project(b["view_a"]), project(b["view_b"])
        keys = [unit(zb[j]) for j in range(m)]
        total = 0.0
        for i in range(m):
            q = unit(za[i])
            sims = tf.stack([tf.reduce_sum(q * k) / _TEMPERATURE for k in keys])
            total += tf.reduce_logsumexp(sims) - sims[i]
        return total / m

    @tf.function
    def ntxent(za, zb):
        sim_ab = tf.matmul(za, zb, transpose_b=True) / _TEMPERATURE
        target = tf.eye(tf.shape(za)[0], dtype=za.dtype)
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, sim_ab))

    def candidate(b):
        za = tf.math.l2_normalize(project(b["view_a"]), axis=-1)
        zb = tf.math.l2_normalize(project(b['view_b']))
        return ntxent(za, zb)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
