"""MuZero with continuous actions: the author's first entropy regulariser sums -p log p over the sampled actions only; it has
to be the entropy of the whole Gaussian.
Source: https://github.com/werner-duvaud/muzero-general/issues/175"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "entropy_loss = -tf.reduce_sum(prob * log_prob)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 18, 5, 2
    beta = 0.3
    mu_w = keras.Variable(rng.normal(size=(d, k)) * 0.4, dtype=f, name="mu_w")
    sigma_w = keras.Variable(rng.normal(size=(d, k)) * 0.2, dtype=f, name="sigma_w")
    value_w = keras.Variable(rng.normal(size=(d, 1)) * 0.4, dtype=f, name="value_w")
    half_log_2pi = 0.5 * np.log(2 * np.pi)

    def reference(batch):
        h = batch["hidden"]
        mean, log_sigma = tf.tanh(tf.matmul(h, mu_w)), tf.matmul(h, sigma_w)
        z = (batch["action"] - mean) * tf.exp(-log_sigma)
        logp = tf.reduce_sum(-0.5 * z ** 2 - log_sigma - half_log_2pi, axis=1)
        policy_loss = -tf.reduce_sum(batch["visits"] * logp)
        value_loss = tf.reduce_sum(tf.square(tf.matmul(h, value_w)[:, 0] - batch["target_value"]))
        entropy = tf.reduce_sum(log_sigma + half_log_2pi + 0.5)
        return (policy_loss + value_loss - beta * entropy) / n

    class Normal:
        def __init__(self, loc, scale):
            self.loc, self.scale = loc, scale

        def log_prob(self, x):
            var = self.scale ** 2
            return -((x - self.loc) ** 2) / (2 * var) - tf.math.log(self.scale) - half_log_2pi

    def candidate(batch):
        def loss_function():
            mu = tf.tanh(batch["hidden"] @ tf.convert_to_tensor(mu_w))
            sigma = tf.exp(batch["hidden"] @ tf.convert_to_tensor(sigma_w))
            m = Normal(mu, sigma)
            log_prob = tf.reduce_sum(m.log_prob(batch["action"]), 1)
            prob = tf.exp(log_prob)
            entropy_loss = -tf.reduce_sum(prob * log_prob)
            policy = tf.reduce_sum(-batch["visits"] * log_prob)
            return policy, entropy_loss

        policy_loss, entropy_loss = loss_function()
        value = tf.squeeze(batch["hidden"] @ tf.convert_to_tensor(value_w), 1)
        value_loss = tf.reduce_sum((value - batch["target_value"]) ** 2)
        loss = value_loss + policy_loss - (beta * entropy_loss)
        return loss / n

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"hidden": rng.normal(size=(n, d)).astype(f), "action": rng.normal(size=(n, k)).astype(f),
                  "visits": rng.uniform(size=n).astype(f), "target_value": rng.normal(size=n).astype(f)},
        "variables": [mu_w, sigma_w, value_w],
    }
