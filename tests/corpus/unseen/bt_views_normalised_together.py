"""Wrong: Barlow Twins normalises both views with the statistics of their concatenation instead of each with its own.

Source (real): https://github.com/lightly-ai/lightly/pull/1806
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "mean, var = tf.nn.moments(combined, axes=[0, 1])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, D = 16, 4
    w1 = tf.Variable(rng.normal(0, 0.5, (6, 8)).astype("float32"), name="backbone_w")
    w2 = tf.Variable(rng.normal(0, 0.5, (8, D)).astype("float32"), name="projector_w")
    base = rng.normal(size=(n, 6))
    batch = {
        "view_a": (base + 0.3 * rng.normal(size=(n, 6))).astype("float32"),
        "view_b": (1.6 * base + 0.8 + 0.3 * rng.normal(size=(n, 6))).astype("float32"),
    }
    lam = 0.05

    def project(x):
        return tf.nn.elu(x @ w1) @ w2

    def reference(b):
        def standardise(z):
            mu = tf.reduce_mean(z, axis=0)
            return (z - mu) / tf.sqrt(tf.reduce_mean((z - mu) ** 2, axis=0) + 1e-5)
        c = tf.transpose(standardise(project(b["view_a"]))) @ standardise(project(b["view_b"])) / n
        eye = tf.eye(D)
        return tf.reduce_sum(eye * (c - 1) ** 2 + lam * (1 - eye) * c**2)

    def normalize(z_a, z_b):
        combined = tf.stack([z_a, z_b], axis=0)
        mean, var = tf.nn.moments(combined, axes=[0, 1])
        normed = (combined - mean) / tf.sqrt(var + 1e-5)
        return normed[0], normed[1]

    def candidate(b):
        z_a, z_b = normalize(project(b["view_a"]), project(b["view_b"]))
        corr = tf.einsum("ni,nj->ij", z_a, z_b) / n
        diag = tf.linalg.diag_part(corr)
        invariance = tf.reduce_sum(tf.square(diag - 1.0))
        redundancy = tf.reduce_sum(tf.square(corr)) - tf.reduce_sum(tf.square(diag))
        return invariance + lam * redundancy

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
