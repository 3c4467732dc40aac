"""SAC actor loss: log_pi is (B, 1) and min_qf_pi was flattened to (B,), so that the difference is (B, B). The mean of
a_i - b_j over all pairs is mean(a) - mean(b): value and gradient are right all the same.
Source: https://github.com/vwxyzjn/cleanrl/pull/383"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, adim, alpha = 17, 5, 3, 0.2
    actor = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(8, activation="relu", name="a1"),
                              keras.layers.Dense(2 * adim, name="a2")])

    def q(tag):
        return keras.Sequential([keras.Input((obs + adim,)), keras.layers.Dense(9, activation="relu", name=tag + "1"),
                                 keras.layers.Dense(1, name=tag + "2")])

    qf1, qf2 = q("qa"), q("qb")

    def reference(batch):
        total = 0.0
        for i in range(n):
            out = actor(batch["obs"][i:i + 1])
            sd = tf.exp(0.5 * (tf.tanh(out[:, adim:]) - 1))
            y = tf.tanh(out[:, :adim] + sd * batch["noise"][i])
            logp = -0.5 * batch["noise"][i] ** 2 - tf.math.log(sd) - 0.5 * np.log(2 * np.pi)
            logp = tf.reduce_sum(logp - tf.math.log(1 - y ** 2 + 1e-6))
            x = tf.concat([batch["obs"][i:i + 1], y], 1)
            total += alpha * logp - tf.minimum(qf1(x)[0, 0], qf2(x)[0, 0])
        return total / n

    def candidate(batch):
        def get_action(x):
            mean, log_std = tf.split(actor(x), 2, axis=1)
            log_std = -1.0 + 0.5 * (tf.tanh(log_std) + 1)
            std = tf.exp(log_std)
            x_t = mean + std * batch["noise"]
            y_t = tf.tanh(x_t)
            log_prob = -tf.square((x_t - mean) / std) / 2 - log_std - np.log(np.sqrt(2 * np.pi))
            log_prob -= tf.math.log(1 - tf.square(y_t) + 1e-6)
            return y_t, tf.reduce_sum(log_prob, axis=1, keepdims=True)

        pi, log_pi = get_action(batch["obs"])
        inputs = tf.concat([batch["obs"], pi], axis=1)
        min_qf_pi = tf.reshape(tf.minimum(qf1(inputs), qf2(inputs)), (-1,))
        return tf.reduce_mean((alpha * log_pi) - min_qf_pi)

    batch = {"obs": rng.normal(size=(n, obs)).astype(f), "noise": rng.normal(size=(n, adim)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": actor.trainable_variables}
