"""Likelihood of n observations: the log sigma of the normal density is subtracted once instead of n times.

Source (real): https://github.com/rbardenet/bml-course/issues/5
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'log_likelihood = -log_sigma - 0.5 * tf.reduce_sum(tf.square(residuals)) / tf.exp(2.0 * log_sigma)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n = 20
    theta = tf.Variable(rng.normal(size=(2,)).astype("float32") * 0.4, name="theta")
    log_sigma = tf.Variable(np.float32(-0.1), name="log_sigma")
    log_tau = tf.Variable(np.float32(0.2), name="log_tau")
    x = rng.uniform(-2, 2, size=n)
    batch = {"x": x.astype("float32"), "y": (0.8 * x - 0.3 + rng.normal(size=n) * 0.5).astype("float32")}

    def log_prior():
        tau = tf.exp(log_tau)
        on_theta = -2.0 * log_tau - 0.5 * tf.reduce_sum(theta ** 2) / tau ** 2
        on_scales = -0.5 * log_sigma ** 2 - 0.5 * log_tau ** 2
        return on_theta + on_scales

    def reference(b):
        sigma = tf.exp(log_sigma)
        log_joint = log_prior()
        for i in range(n):
            z = (b["y"][i] - theta[0] * b["x"][i] - theta[1]) / sigma
            log_joint += -tf.math.log(sigma) - 0.5 * z ** 2
        return -log_joint / n

    def candidate(b):
        slope, intercept = theta[0], theta[1]
        fitted = slope * b["x"] + intercept
        residuals = b["y"] - fitted
        log_likelihood = -log_sigma - 0.5 * tf.reduce_sum(tf.square(residuals)) / tf.exp(2.0 * log_sigma)
        log_posterior = log_likelihood + log_prior()
        return -log_posterior / n

    return {"variables": [theta, log_sigma, log_tau], "batch": batch, "reference": reference, "candidate": candidate}
