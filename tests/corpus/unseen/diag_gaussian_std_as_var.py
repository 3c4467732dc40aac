"""Log-probability of a diagonal Gaussian policy: the std is divided by as if it were the variance.
Source: https://github.com/hill-a/stable-baselines/issues/1059"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "logprob = -tf.reduce_sum(tf.square(acts - mean) / (2 * std), axis=1) - log_normalizer",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, adim = 20, 6, 3
    mu = keras.layers.Dense(adim, name="mu")
    mu.build((None, obs))
    log_std = tf.Variable((rng.normal(size=adim) * 0.4 - 0.7).astype(f), name="log_std")

    def reference(batch):
        mean = mu(batch["obs"])
        total = 0.0
        for j in range(adim):
            sigma = tf.exp(log_std[j])
            z = (batch["action"][:, j] - mean[:, j]) / sigma
            density = -0.5 * z * z - log_std[j] - 0.5 * np.log(2 * np.pi)
            total += tf.reduce_mean(density * batch["adv"])
        return -total

    def candidate(batch):
        def action_probability(observation, acts):
            mean = mu(observation)
            std = tf.ones_like(mean) * tf.exp(log_std)
            logstd = tf.math.log(std)
            n_elts = np.prod(mean.shape[1:])
            log_normalizer = n_elts / 2.0 * np.log(2 * np.pi) + tf.reduce_sum(logstd, axis=1)
            logprob = -tf.reduce_sum(tf.square(acts - mean) / (2 * std), axis=1) - log_normalizer
            return logprob

        logp = action_probability(batch["obs"], batch["action"])
        return tf.reduce_mean(-batch["adv"] * logp)

    batch = {"obs": rng.normal(size=(n, obs)).astype(f), "action": rng.normal(size=(n, adim)).astype(f),
             "adv": rng.normal(size=n).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": mu.trainable_variables + [log_std]}
