"""Right: score*std + z is the denoising target divided by std only once, because the perturbation is std*z already.

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
    n, d, h = 16, 5, 12
    w1 = tf.Variable(rng.normal(size=(d + 1, h)).astype("float32") * 0.4, name="w1")
    b1 = tf.Variable(rng.normal(size=(h,)).astype("float32") * 0.1, name="b1")
    w2 = tf.Variable(rng.normal(size=(h, d)).astype("float32") * 0.4, name="w2")
    batch = {
        "x": rng.normal(size=(n, d)).astype("float32"),
        "z": rng.normal(size=(n, d)).astype("float32"),
        "t": rng.uniform(0.05, 1.0, size=n).astype("float32"),
    }
    beta0, beta1 = 0.1, 8.0

    def marginal(x, t):
        log_c = -0.25 * t ** 2 * (beta1 - beta0) - 0.5 * t * beta0
        return tf.exp(log_c)[:, None] * x, tf.sqrt(1.0 - tf.exp(2.0 * log_c))

    def raw(x, t):
        return tf.nn.silu(tf.concat([x, t[:, None]], 1) @ w1 + b1) @ w2

    def reference(b):
        mean, std = marginal(b["x"], b["t"])
        std = std[:, None]
        x_t = mean + std * b["z"]
        score = -raw(x_t, b["t"]) / std
        true_score = -(x_t - mean) / std ** 2
        weighted = std ** 2 * tf.square(score - true_score)
        return tf.reduce_mean(tf.reduce_sum(weighted, 1))

    def score_fn(x, t, std):
        return -raw(x, t) / std[:, None]

    def candidate(b):
        mean, std = marginal(b["x"], b["t"])
        perturbed_data = mean + std[:, None] * b["z"]
        score = score_fn(perturbed_data, b["t"], std)
        losses = tf.square(score * std[:, None] + b["z"])
        losses = tf.reduce_sum(tf.reshape(losses, (n, -1)), axis=-1)
        return tf.reduce_mean(losses)

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
