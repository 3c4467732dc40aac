"""GENOT flows from the latent noise to the target, but the regressed velocity is target - source.

Source (real): https://github.com/theislab/CellFlow/pull/305
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'u_t = compute_ut(b["source"], b["target"])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, c, h = 12, 4, 3, 10
    w1 = tf.Variable(rng.normal(size=(2 * d + 1 + c, h)).astype("float32") * 0.4, name="w1")
    b1 = tf.Variable(rng.normal(size=(h,)).astype("float32") * 0.1, name="b1")
    w2 = tf.Variable(rng.normal(size=(h, d)).astype("float32") * 0.4, name="w2")
    batch = {
        "source": (rng.normal(size=(n, d)) + 1.0).astype("float32"),
        "target": (rng.normal(size=(n, d)) - 1.0).astype("float32"),
        "latent": rng.normal(size=(n, d)).astype("float32"),
        "t": rng.random((n, 1)).astype("float32"),
        "cond": rng.normal(size=(n, c)).astype("float32"),
    }

    def compute_xt(t, x0, x1):
        return (1.0 - t) * x0 + t * x1

    def compute_ut(x0, x1):
        return x1 - x0

    def velocity(x_t, t, source, cond):
        h_ = tf.nn.silu(tf.concat([x_t, t, source, cond], axis=-1) @ w1 + b1)
        return h_ @ w2

    def reference(b):
        x_t = compute_xt(b["t"], b["latent"], b["target"])
        v_t = velocity(x_t, b["t"], b["source"], b["cond"])
        u_t = compute_ut(b["latent"], b["target"])
        return tf.reduce_mean(tf.square(v_t - u_t))

    def candidate(b):
        x_t = compute_xt(b["t"], b["latent"], b["target"])
        v_t = velocity(x_t, b["t"], b["source"], b["cond"])
        u_t = compute_ut(b["source"], b["target"])
        return tf.reduce_mean(tf.square(v_t - u_t))

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
