"""alphas_cumprod_prev is padded at the end instead of the front, so it is not shifted by one step.

Source (real): https://github.com/lucidrains/denoising-diffusion-pytorch/issues/18
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "alphas_cumprod_prev = tf.pad(alphas_cumprod[:-1], [[0, 1]], constant_values=1.0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, steps = 12, 5, 9, 10
    w1 = tf.Variable(rng.normal(0, 0.4, (d + 1, h)).astype("float32"), name="unet_w1")
    b1 = tf.Variable(rng.normal(0, 0.1, (h,)).astype("float32"), name="unet_b1")
    w2 = tf.Variable(rng.normal(0, 0.4, (h, d)).astype("float32"), name="unet_w2")
    betas = np.linspace(0.02, 0.35, steps).astype("float32")
    batch = {
        "x0": rng.normal(0, 1, (n, d)).astype("float32"),
        "noise": rng.normal(0, 1, (n, d)).astype("float32"),
        "t": rng.integers(1, steps - 1, n).astype("int32"),
    }

    def predict_x0(x_t, t):
        tt = tf.cast(t, tf.float32)[:, None] / steps
        return tf.nn.tanh(tf.concat([x_t, tt], axis=1) @ w1 + b1) @ w2

    def reference(b):
        bars = np.cumprod(1.0 - betas)
        total = 0.0
        for i in range(n):
            t = int(b["t"][i])
            bar, prev = bars[t], bars[t - 1]
            x_t = np.sqrt(bar) * b["x0"][i] + np.sqrt(1 - bar) * b["noise"][i]
            x0_hat = predict_x0(x_t[None], b["t"][i:i + 1])[0]
            c1 = betas[t] * np.sqrt(prev) / (1 - bar)
            variance = betas[t] * (1 - prev) / (1 - bar)
            total += tf.reduce_sum((c1 * (b["x0"][i] - x0_hat)) ** 2) / (2.0 * variance)
        return total / n

    def candidate(b):
        alphas = 1.0 - tf.constant(betas)
        alphas_cumprod = tf.math.cumprod(alphas)
        alphas_cumprod_prev = tf.pad(alphas_cumprod[:-1], [[0, 1]], constant_values=1.0)

        def extract(a):
            return tf.gather(a, b["t"])[:, None]

        x_t = extract(tf.sqrt(alphas_cumprod)) * b["x0"] + extract(tf.sqrt(1.0 - alphas_cumprod)) * b["noise"]
        x_start = predict_x0(x_t, b["t"])
        coef1 = extract(betas * tf.sqrt(alphas_cumprod_prev) / (1.0 - alphas_cumprod))
        coef2 = extract((1.0 - alphas_cumprod_prev) * tf.sqrt(alphas) / (1.0 - alphas_cumprod))
        mean_true = coef1 * b["x0"] + coef2 * x_t
        mean_pred = coef1 * x_start + coef2 * x_t
        variance = extract(betas * (1.0 - alphas_cumprod_prev) / (1.0 - alphas_cumprod))
        kl = tf.reduce_sum((mean_true - mean_pred) ** 2 / (2.0 * variance), axis=1)
        return tf.reduce_mean(kl)

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
