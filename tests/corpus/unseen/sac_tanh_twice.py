"""Continuous SAC chapter: the tanh of the already squashed action is taken once more in the log-prob correction,
so the entropy term is wrong. Source: https://github.com/boyu-ai/Hands-on-RL/issues/121"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "correction = tf.math.log(1.0 - tf.square(tf.tanh(action)) + 1e-7)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, a, bound, alpha = 6, 4, 2, 2.0, 0.2
    body = keras.layers.Dense(8, activation="tanh", name="fc1")
    head_mu = keras.layers.Dense(a, name="fc_mu")
    head_std = keras.layers.Dense(a, name="fc_std")
    body.build((None, s))
    head_mu.build((None, 8))
    head_std.build((None, 8))
    wq = tf.constant(rng.normal(size=(s + a, 1)).astype(fx))

    def critic(obs, act):
        return tf.tanh(tf.concat([obs, act / bound], axis=-1) @ wq)[:, 0]

    def normal_logp(x, mu, std):
        return -0.5 * tf.square((x - mu) / std) - tf.math.log(std) - 0.5 * np.log(2 * np.pi)

    def reference(batch):
        h = body(batch["obs"])
        mu = head_mu(h)
        sigma = tf.nn.softplus(head_std(h))
        u = mu + sigma * batch["noise"]
        squashed = tf.tanh(u)
        per_dim = normal_logp(u, mu, sigma) - tf.math.log(1.0 - squashed ** 2 + 1e-7)
        entropy = -tf.reduce_sum(per_dim, axis=1)
        q = critic(batch["obs"], bound * squashed)
        return tf.reduce_mean(-alpha * entropy - q)

    def candidate(batch):
        def policy(obs, noise):
            x = body(obs)
            mu, std = head_mu(x), tf.nn.softplus(head_std(x))
            normal_sample = mu + std * noise
            log_prob = normal_logp(normal_sample, mu, std)
            action = tf.tanh(normal_sample)
            correction = tf.math.log(1.0 - tf.square(tf.tanh(action)) + 1e-7)
            log_prob = log_prob - correction
            return action * bound, tf.reduce_sum(log_prob, axis=1)

        new_actions, log_prob = policy(batch["obs"], batch["noise"])
        q_value = critic(batch["obs"], new_actions)
        return tf.reduce_mean(alpha * log_prob - q_value)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s)).astype(fx), "noise": rng.normal(size=(n, a)).astype(fx)},
            "variables": body.trainable_variables + head_mu.trainable_variables + head_std.trainable_variables}
