"""Diffusion in x0 parameterization: the weights of the bound are divided by 2. * 1 - alphas_cumprod instead of 2 * (1 - alphas_cumprod).

Source (real): https://github.com/Doubiiu/DynamiCrafter/pull/168 (register_schedule in ddpm3d.py, PyTorch, ported).
Right answer: NOT equivalent; the steps with little noise are weighted up to fifty times too low.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "lvlb_weights = 0.5 * np.sqrt(alphas_cumprod) / (2.0 * 1 - alphas_cumprod)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, steps = 32, 5, 20
    elbo_weight = 1.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.5 * arr(d, d), name="denoise_w")
    wt = tf.Variable(0.3 * arr(d), name="denoise_time")
    batch = {"x_start": arr(n, d), "noise": arr(n, d), "t": rng.integers(0, steps, n)}
    betas = np.linspace(0.02, 0.25, steps)

    def model(x, t):
        return x @ w + tf.cast(t, x.dtype)[:, None] / steps * wt

    def reference(b):
        m = b["x_start"].shape[0]
        total, product = 0.0, 1.0
        for k in range(steps):
            product *= 1.0 - betas[k]
            rows = tf.where(b["t"] == k)[:, 0]
            x0, e = tf.gather(b["x_start"], rows), tf.gather(b["noise"], rows)
            noisy = product**0.5 * x0 + (1.0 - product) ** 0.5 * e
            per_row = tf.reduce_mean((model(noisy, tf.gather(b["t"], rows)) - x0) ** 2, axis=1)
            bound_weight = 0.25 * product**0.5 / (1.0 - product)
            total += (1.0 + elbo_weight * bound_weight) * tf.reduce_sum(per_row)
        return total / m

    def candidate(b):
        alphas = 1.0 - betas
        alphas_cumprod = np.cumprod(alphas, axis=0)
        lvlb_weights = 0.5 * np.sqrt(alphas_cumprod) / (2.0 * 1 - alphas_cumprod)
        lvlb_weights = tf.constant(lvlb_weights.astype(f))

        def extract(a, t):
            return tf.gather(tf.constant(a.astype(f)), t)[:, None]

        t = b["t"]
        x_noisy = extract(np.sqrt(alphas_cumprod), t) * b["x_start"]
        x_noisy += extract(np.sqrt(1.0 - alphas_cumprod), t) * b["noise"]
        loss = tf.reduce_mean(tf.square(model(x_noisy, t) - b["x_start"]), axis=1)
        loss_vlb = tf.reduce_mean(tf.gather(lvlb_weights, t) * loss)
        return tf.reduce_mean(loss) + elbo_weight * loss_vlb

    return {"variables": [w, wt], "batch": batch, "reference": reference, "candidate": candidate}
