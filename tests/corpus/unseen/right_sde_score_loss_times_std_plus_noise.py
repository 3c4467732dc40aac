"""Right: (score * std + z)^2 is the std^2-weighted denoising score matching loss, z is not missing a square of std.

Source (real): https://github.com/yang-song/score_sde_pytorch/issues/26
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
    n, d, h = 14, 4, 9
    beta_min, beta_max = 0.1, 5.0
    w1 = tf.Variable(rng.normal(0, 0.5, (d + 1, h)).astype("float32"), name="score_w1")
    b1 = tf.Variable(rng.normal(0, 0.2, (h,)).astype("float32"), name="score_b1")
    w2 = tf.Variable(rng.normal(0, 0.5, (h, d)).astype("float32"), name="score_w2")
    batch = {
        "x": rng.normal(0, 1, (n, d)).astype("float32"),
        "z": rng.normal(0, 1, (n, d)).astype("float32"),
        "t": rng.uniform(0.1, 1.0, n).astype("float32"),
    }

    def marginal(x, t):
        log_coeff = -0.25 * t ** 2 * (beta_max - beta_min) - 0.5 * t * beta_min
        return tf.exp(log_coeff)[:, None] * x, tf.sqrt(1.0 - tf.exp(2.0 * log_coeff))

    def score_fn(x, t):
        return tf.nn.silu(tf.concat([x, t[:, None]], axis=1) @ w1 + b1) @ w2

    def reference(b):
        mean, std = marginal(b["x"], b["t"])
        x_tilde = mean + std[:, None] * b["z"]
        target = -(x_tilde - tf.stop_gradient(mean)) / std[:, None] ** 2
        squared = tf.reduce_sum((score_fn(x_tilde, b["t"]) - target) ** 2, axis=1)
        return 0.5 * tf.reduce_mean(std ** 2 * squared)

    def candidate(b):
        mean, std = marginal(b["x"], b["t"])
        z = b["z"]
        perturbed_data = mean + std[:, None] * z
        score = score_fn(perturbed_data, b["t"])
        losses = tf.square(score * std[:, None] + z)
        losses = 0.5 * tf.reduce_sum(tf.reshape(losses, (tf.shape(losses)[0], -1)), axis=-1)
        return tf.reduce_mean(losses)

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
