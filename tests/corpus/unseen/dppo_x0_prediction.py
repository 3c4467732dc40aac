"""Diffusion policy that predicts x_0: the prediction is compared with the noisy action.

Source (real): https://github.com/irom-princeton/dppo/issues/14 (PyTorch, ported: DiffusionModel.p_losses with predict_epsilon=False).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.reduce_mean(tf.square(x_recon - x_noisy))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, horizon, act, obs, steps, hid = 20, 4, 3, 5, 10, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.4 * arr(horizon * act + obs + 2, hid), name="net_in")
    w2 = tf.Variable(0.4 * arr(hid, horizon * act), name="net_out")
    betas = np.linspace(0.02, 0.3, steps)
    alphas_cumprod = np.cumprod(1.0 - betas)
    batch = {"actions": arr(n, horizon, act), "state": arr(n, obs), "noise": arr(n, horizon, act),
             "t": rng.integers(0, steps, n)}

    def network(x, t, cond):
        angle = tf.cast(t, x.dtype)[:, None] / steps
        h = tf.concat([tf.reshape(x, [-1, horizon * act]), cond, tf.sin(angle), tf.cos(angle)], axis=-1)
        return tf.reshape(tf.tanh(h @ w1) @ w2, [-1, horizon, act])

    def reference(b):
        total = 0.0
        m = b["actions"].shape[0]
        for i in range(m):
            x0 = b["actions"][i : i + 1]
            keep = 1.0
            for beta in betas[: int(b["t"][i]) + 1]:
                keep *= 1.0 - beta
            diffused = np.sqrt(keep) * x0 + np.sqrt(1.0 - keep) * b["noise"][i : i + 1]
            guess = network(diffused, b["t"][i : i + 1], b["state"][i : i + 1])
            total += tf.reduce_sum(tf.square(guess - x0))
        return total / (m * horizon * act)

    def candidate(b):
        class DiffusionModel:
            predict_epsilon = False

            def __init__(self):
                self.sqrt_alphas_cumprod = tf.constant(np.sqrt(alphas_cumprod).astype(f))
                self.sqrt_one_minus_alphas_cumprod = tf.constant(np.sqrt(1.0 - alphas_cumprod).astype(f))

            def q_sample(self, x_start, t, noise):
                a = tf.gather(self.sqrt_alphas_cumprod, t)[:, None, None]
                s = tf.gather(self.sqrt_one_minus_alphas_cumprod, t)[:, None, None]
                return a * x_start + s * noise

            def p_losses(self, x_start, cond, t, noise):
                x_noisy = self.q_sample(x_start=x_start, t=t, noise=noise)
                x_recon = network(x_noisy, t, cond)
                if self.predict_epsilon:
                    return tf.reduce_mean(tf.square(x_recon - noise))
                return tf.reduce_mean(tf.square(x_recon - x_noisy))

        return DiffusionModel().p_losses(b["actions"], b["state"], b["t"], b["noise"])

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
