"""stable-baselines: the diagonal Gaussian's log std is taken for a log variance in the action probability.
Source: https://github.com/hill-a/stable-baselines/pull/1060"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'n_term = -0.5 * tf.reduce_sum((batch["act"] - mean) ** 2 / std, axis=-1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, k, A = 6, 4, 3
    w_mu = tf.Variable(normal(k, A), name="w_mu")
    logstd = tf.Variable(normal(A, scale=0.3) - 0.7, name="logstd")

    def reference(batch):
        mu = batch["obs"] @ w_mu
        z = (batch["act"] - mu) * tf.exp(-logstd)
        logp = -0.5 * tf.square(z) - logstd - 0.5 * np.log(2 * np.pi)
        return -tf.reduce_mean(batch["adv"] * tf.reduce_sum(logp, -1))

    def candidate(batch):
        mean = batch["obs"] @ w_mu
        std = tf.exp(logstd) * tf.ones_like(mean)
        n_term = -0.5 * tf.reduce_sum((batch["act"] - mean) ** 2 / std, axis=-1)
        norm = tf.reduce_sum(tf.math.log(std), axis=-1) + 0.5 * A * np.log(2.0 * np.pi)
        logprob = n_term - norm
        return -tf.reduce_mean(batch["adv"] * logprob)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": normal(n, k), "act": normal(n, A), "adv": normal(n)},
            "variables": [w_mu, logstd]}
