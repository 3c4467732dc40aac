"""cosine_beta_schedule: x = linspace(0, steps, steps) with steps = timesteps + 1 is off from the paper's t / T grid.
Source: https://github.com/lucidrains/denoising-diffusion-pytorch/issues/19"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "x = tf.linspace(tf.cast(0.0, fx), tf.cast(steps, fx), steps)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, d, T, s = 6, 4, 8, 0.008
    w = tf.Variable(0.5 * f(d + 1, d), name="denoiser")

    def reference(batch):
        g = lambda t: np.cos((t / T + s) / (1 + s) * np.pi / 2) ** 2
        bars, run = [], 1.0
        for t in range(T):
            run *= 1.0 - np.clip(1.0 - g(t + 1) / g(t), 0.0, 0.999)
            bars.append(run)
        bar = tf.gather(tf.constant(np.array(bars).astype(fx)), batch["t"])[:, None]
        xt = tf.sqrt(bar) * batch["x0"] + tf.sqrt(1.0 - bar) * batch["eps"]
        tt = tf.cast(batch["t"], fx)[:, None] / T
        return tf.reduce_mean((tf.concat([xt, tt], -1) @ w - batch["eps"]) ** 2)

    def candidate(batch):
        def cosine_beta_schedule(timesteps):
            steps = timesteps + 1
            x = tf.linspace(tf.cast(0.0, fx), tf.cast(steps, fx), steps)
            alphas_cumprod = tf.square(tf.cos(((x / timesteps) + s) / (1 + s) * np.pi * 0.5))
            alphas_cumprod = alphas_cumprod / alphas_cumprod[0]
            betas = 1.0 - alphas_cumprod[1:] / alphas_cumprod[:-1]
            return tf.clip_by_value(betas, 0.0, 0.999)

        alphas_bar = tf.math.cumprod(1.0 - cosine_beta_schedule(T))
        a = tf.gather(alphas_bar, batch["t"])[:, None]
        noisy = tf.sqrt(a) * batch["x0"] + tf.sqrt(1.0 - a) * batch["eps"]
        cond = tf.cast(batch["t"], fx)[:, None] / T
        pred = tf.matmul(tf.concat([noisy, cond], axis=-1), w)
        return tf.reduce_mean(tf.square(batch["eps"] - pred))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": 2.0 * f(n, d), "eps": f(n, d), "t": np.array([1, 4, 5, 6, 7, 3], dtype="int32")},
            "variables": [w]}
