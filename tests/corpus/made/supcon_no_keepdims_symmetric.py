"""Supervised contrastive loss whose log-partition lacks keepdims, so log Z_j is subtracted from entry (i, j).

Source: realistic (SupCon ports drop keepdims=True; the bug report looks obvious).
Right answer: EQUIVALENT. The positives mask is symmetric and its row sums are constant within a class, so the weights
mask_ij / |P_i| also sum to one over i, and every log Z is counted exactly once either way.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_TAU = 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb, classes = 20, 5, 4, 4
    w = tf.Variable((0.7 * rng.standard_normal((d, emb))).astype(f), name="projection")
    c = tf.Variable((0.2 * rng.standard_normal(emb)).astype(f), name="projection_bias")
    y = np.concatenate([np.arange(classes), np.arange(classes), rng.integers(0, classes, n - 2 * classes)])
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.permutation(y)}

    def embed(x):
        return tf.math.l2_normalize(x @ w + c, axis=-1)

    def reference(b):
        z = embed(b["x"])
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            sims = {j: tf.reduce_sum(z[i] * z[j]) / _TAU for j in range(m) if j != i}
            log_z = tf.reduce_logsumexp(tf.stack(list(sims.values())))
            own = [sims[j] - log_z for j in sims if int(b["y"][i]) == int(b["y"][j])]
            total -= tf.add_n(own) / len(own)
        return total / m

    def candidate(b):
        z = embed(b["x"])
        logits = tf.matmul(z, z, transpose_b=True) / _TAU
        others = 1.0 - tf.eye(z.shape[0], dtype=z.dtype)
        positives = tf.cast(tf.equal(b["y"][:, None], b["y"][None, :]), z.dtype) * others
        log_z = tf.math.log(tf.reduce_sum(tf.exp(logits) * others, axis=1))
        log_prob = logits - log_z
        per_anchor = tf.reduce_sum(positives * log_prob, axis=1) / tf.reduce_sum(positives, axis=1)
        return -tf.reduce_mean(per_anchor)

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
