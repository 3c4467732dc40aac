"""REINFORCE tutorial: the log-probabilities of an episode are averaged before they meet the
returns; the PR removes the probability averaging.
Source: https://github.com/Farama-Foundation/Gymnasium/pull/1337"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'log_prob = tf.reduce_sum(log_prob * alive) / tf.reduce_sum(alive)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    horizon, obs_dim, act_dim, gamma = 7, 4, 2, 0.9
    body = keras.layers.Dense(6, activation="tanh", name="body")
    mean = keras.layers.Dense(act_dim, name="mean")
    body.build((None, obs_dim))
    mean.build((None, 6))
    log_std = tf.Variable((rng.standard_normal(act_dim) * 0.2).astype(fx), name="log_std")
    alive = np.array([1, 1, 1, 1, 1, 0, 0]).astype(fx)

    def reference(batch):
        g, gs = tf.zeros((), fx), []
        for t in reversed(range(horizon)):
            g = batch["rewards"][t] * batch["alive"][t] + gamma * g
            gs.insert(0, g)
        mu = mean(body(batch["obs"]))
        z = (batch["actions"] - mu) / tf.exp(log_std)
        logp = tf.reduce_sum(-0.5 * z ** 2 - log_std - 0.5 * np.log(2 * np.pi), axis=-1)
        return -tf.reduce_sum(logp * tf.stack(gs) * batch["alive"])

    def candidate(batch):
        alive = batch["alive"]
        running_g = tf.zeros((), fx)
        returns = []
        for t in reversed(range(horizon)):
            running_g = batch["rewards"][t] * alive[t] + gamma * running_g
            returns.append(running_g)
        deltas = tf.stack(returns[::-1])
        mu = mean(body(batch["obs"]))
        scaled = (batch["actions"] - mu) * tf.exp(-log_std)
        per_dim = -0.5 * tf.square(scaled) - log_std - 0.5 * np.log(2 * np.pi)
        log_prob = tf.reduce_sum(per_dim, axis=-1)
        log_prob = tf.reduce_sum(log_prob * alive) / tf.reduce_sum(alive)
        return -tf.reduce_sum(log_prob * deltas * alive)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((horizon, obs_dim)).astype(fx),
                      "actions": rng.standard_normal((horizon, act_dim)).astype(fx),
                      "rewards": rng.standard_normal(horizon).astype(fx), "alive": alive},
            "variables": [body.kernel, mean.kernel, log_std]}
