"""cosine_beta_schedule is suspected to be wrong: linspace(0, steps, steps) over steps instead of timesteps; the points are the same.
Source: https://github.com/jannerm/diffuser/issues/68"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, timesteps, s = 6, 4, 8, 0.008
    w = tf.Variable(rng.standard_normal((d + 1, d)).astype(f), name="w")
    b = tf.Variable((0.3 * rng.standard_normal(d)).astype(f), name="b")

    def denoise(x, t):
        return tf.tanh(tf.concat([x, tf.cast(t, x.dtype)[:, None] / timesteps], axis=1) @ w + b)

    def reference(batch):
        grid = np.arange(timesteps + 1) / timesteps
        bar = np.cos((grid + s) / (1 + s) * np.pi / 2) ** 2
        beta = np.minimum(1 - bar[1:] / bar[:-1], 0.999)
        keep = tf.constant(np.cumprod(1 - beta), dtype=w.dtype)
        a = tf.gather(keep, batch["t"])[:, None]
        x_t = tf.sqrt(a) * batch["x0"] + tf.sqrt(1 - a) * batch["noise"]
        return tf.reduce_mean(tf.square(denoise(x_t, batch["t"]) - batch["noise"]))

    def candidate(batch):
        def cosine_beta_schedule():
            steps = timesteps + 1
            x = np.linspace(0, steps, steps)
            alphas_cumprod = np.cos(((x / steps) + s) / (1 + s) * np.pi * 0.5) ** 2
            alphas_cumprod = alphas_cumprod / alphas_cumprod[0]
            betas = 1 - (alphas_cumprod[1:] / alphas_cumprod[:-1])
            return tf.constant(np.clip(betas, a_min=0, a_max=0.999), dtype=w.dtype)

        def extract(values, t):
            return tf.reshape(tf.gather(values, t), (-1, 1))

        betas = cosine_beta_schedule()
        alphas_cumprod = tf.math.cumprod(1.0 - betas)
        x_noisy = (extract(tf.sqrt(alphas_cumprod), batch["t"]) * batch["x0"]
                   + extract(tf.sqrt(1.0 - alphas_cumprod), batch["t"]) * batch["noise"])
        x_recon = denoise(x_noisy, batch["t"])
        return tf.reduce_mean(tf.math.squared_difference(x_recon, batch["noise"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": rng.standard_normal((n, d)).astype(f), "noise": rng.standard_normal((n, d)).astype(f),
                      "t": rng.integers(0, timesteps, n).astype("int32")},
            "variables": [w, b]}
