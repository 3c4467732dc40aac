"""The probabilistic dynamics model's Gaussian likelihood divides the squared error by the standard deviation instead of the variance. Source: https://github.com/takuseno/d3rlpy/issues/192"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.reduce_mean(tf.square(mu - x) * inv_std, axis=1, keepdims=True)",
    "same_forward_value": False,
}


def _gaussian_likelihood(x, mu, logstd):
    inv_std = tf.exp(-logstd)
    return tf.reduce_mean(tf.square(mu - x) * inv_std, axis=1, keepdims=True)


class ProbabilisticDynamics(tf.Module):
    def __init__(self, obs, act, hidden, rng):
        g = lambda *s: tf.Variable(rng.normal(0, 0.4, s).astype("float32"))
        self.encoder, self.mu, self.logstd = g(obs + act, hidden), g(hidden, obs + 1), g(hidden, obs + 1)
        self.max_logstd = tf.Variable(np.full((1, obs + 1), 0.5, "float32"))
        self.min_logstd = tf.Variable(np.full((1, obs + 1), -3.0, "float32"))

    def compute_stats(self, x, action):
        h = tf.nn.swish(tf.concat([x, action], 1) @ self.encoder)
        logstd = h @ self.logstd
        logstd = self.max_logstd - tf.nn.softplus(self.max_logstd - logstd)
        logstd = self.min_logstd + tf.nn.softplus(logstd - self.min_logstd)
        return h @ self.mu, logstd

    def penalty(self):
        return 0.01 * (tf.reduce_sum(self.max_logstd) - tf.reduce_sum(self.min_logstd))


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, obs, act = 8, 4, 2
    models = [ProbabilisticDynamics(obs, act, 10, rng) for _ in range(2)]

    def reference(batch):
        y = tf.concat([batch["obs_tp1"] - batch["obs_t"], batch["rew_tp1"]], axis=1)
        total = 0.0
        for m, mask in zip(models, tf.unstack(batch["masks"])):
            mu, logstd = m.compute_stats(batch["obs_t"], batch["act_t"])
            z = (y - mu) / tf.exp(logstd)
            per_row = tf.reduce_mean(z * z, axis=1) + tf.reduce_mean(logstd, axis=1)
            total += tf.reduce_mean(mask * per_row) + m.penalty()
        return total

    def candidate(batch):
        loss_sum = 0.0
        target = tf.concat([batch["obs_tp1"] - batch["obs_t"], batch["rew_tp1"]], axis=1)
        for i, model in enumerate(models):
            mu, logstd = model.compute_stats(batch["obs_t"], batch["act_t"])
            likelihood_loss = _gaussian_likelihood(target, mu, logstd)
            logstd_loss = tf.reduce_mean(logstd, axis=1, keepdims=True)
            loss = likelihood_loss + logstd_loss
            loss_sum += tf.reduce_mean(batch["masks"][i][:, None] * loss) + model.penalty()
        return loss_sum

    batch = {
        "obs_t": rng.normal(size=(n, obs)).astype("float32"),
        "act_t": rng.normal(size=(n, act)).astype("float32"),
        "obs_tp1": rng.normal(size=(n, obs)).astype("float32"),
        "rew_tp1": rng.normal(size=(n, 1)).astype("float32"),
        "masks": (rng.random((2, n)) < 0.7).astype("float32"),
    }
    variables = [v for m in models for v in (m.encoder, m.mu, m.logstd, m.max_logstd, m.min_logstd)]
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
