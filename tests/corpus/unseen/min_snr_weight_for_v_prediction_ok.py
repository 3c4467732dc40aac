"""Right: min(snr, k) / (snr + 1) on the velocity error is the same as min(snr, k) on the error of x0, no extra + 1 is needed.

Source (real): https://github.com/TiankaiHang/Min-SNR-Diffusion-Training/issues/5
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 14, 5, 10
    w1 = tf.Variable(rng.normal(size=(d + 1, h)).astype("float32") * 0.4, name="w1")
    w2 = tf.Variable(rng.normal(size=(h, d)).astype("float32") * 0.4, name="w2")
    batch = {
        "x0": rng.normal(size=(n, d)).astype("float32"),
        "noise": rng.normal(size=(n, d)).astype("float32"),
        "angle": rng.uniform(0.15, 1.4, size=(n, 1)).astype("float32"),
    }
    k = 5.0

    def model(x_t, angle):
        return tf.nn.silu(tf.concat([x_t, angle], axis=1) @ w1) @ w2

    def reference(b):
        alpha, sigma = tf.cos(b["angle"]), tf.sin(b["angle"])
        x_t = alpha * b["x0"] + sigma * b["noise"]
        x0_hat = alpha * x_t - sigma * model(x_t, b["angle"])
        snr = tf.square(alpha / sigma)
        weight = tf.minimum(snr, k)
        return tf.reduce_mean(weight * tf.square(x0_hat - b["x0"]))

    def candidate(b):
        alpha, sigma = tf.cos(b["angle"]), tf.sin(b["angle"])
        x_t = alpha * b["x0"] + sigma * b["noise"]
        velocity = alpha * b["noise"] - sigma * b["x0"]
        mse = tf.reduce_mean(tf.square(model(x_t, b["angle"]) - velocity), axis=1)
        snr = tf.squeeze((alpha / sigma) ** 2, axis=1)
        stacked = tf.stack([snr, k * tf.ones_like(snr)], axis=1)
        mse_loss_weight = tf.reduce_min(stacked, axis=1) / (snr + 1.0)
        return tf.reduce_mean(mse * mse_loss_weight)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
