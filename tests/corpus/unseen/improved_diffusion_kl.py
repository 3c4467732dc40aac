"""Diffusion variational bound: KL of two Gaussians with logvar2 - logvar1; suspected to need 2 * (log std2 - log std1).

Source (real): https://github.com/openai/improved-diffusion/issues/119 (PyTorch, ported; the reporter saw they are the same).
Right answer: EQUIVALENT; half of the difference of log variances is the difference of log deviations.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 19, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_mean = tf.Variable(0.5 * arr(d, d), name="mean_head")
    w_frac = tf.Variable(0.5 * arr(d, d), name="var_head")
    batch = {
        "x_t": arr(n, d),
        "true_mean": arr(n, d),
        "min_log": (-3.0 + 0.2 * rng.random((n, 1))).astype(f),
        "max_log": (-1.0 + 0.2 * rng.random((n, 1))).astype(f),
    }

    def reference(b):
        total = 0.0
        m = b["x_t"].shape[0]
        for i in range(m):
            for j in range(d):
                mu2 = tf.tensordot(b["x_t"][i], w_mean[:, j], 1)
                frac = (tf.tanh(tf.tensordot(b["x_t"][i], w_frac[:, j], 1)) + 1) / 2
                std1 = tf.sqrt(tf.exp(b["min_log"][i, 0]))
                std2 = tf.exp((frac * b["max_log"][i, 0] + (1 - frac) * b["min_log"][i, 0]) / 2)
                mu1 = b["true_mean"][i, j]
                kl = tf.math.log(std2 / std1) + (std1 ** 2 + (mu1 - mu2) ** 2) / (2 * std2 ** 2) - 0.5
                total += kl / np.log(2.0)
        return total / (m * d)

    def candidate(b):
        def normal_kl(mean1, logvar1, mean2, logvar2):
            return 0.5 * (
                -1.0
                + logvar2
                - logvar1
                + tf.exp(logvar1 - logvar2)
                + ((mean1 - mean2) ** 2) * tf.exp(-logvar2)
            )

        model_var_values = tf.tanh(b["x_t"] @ w_frac)
        frac = (model_var_values + 1) / 2
        model_log_variance = frac * b["max_log"] + (1 - frac) * b["min_log"]
        kl = normal_kl(b["true_mean"], b["min_log"], b["x_t"] @ w_mean, model_log_variance)
        return tf.reduce_mean(tf.reduce_mean(kl, axis=list(range(1, len(kl.shape)))) / np.log(2.0))

    return {"variables": [w_mean, w_frac], "batch": batch, "reference": reference, "candidate": candidate}
