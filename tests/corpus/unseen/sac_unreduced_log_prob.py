"""SAC on a multi-dimensional action space: the log-probability is not summed over the action components, so the TD target
is (N, A) and is broadcast against the (N, 1) critic output (target size [256, 3] against input size [256, 1] in the thread).
Source: https://github.com/BY571/Soft-Actor-Critic-and-Extensions/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "log_prob = normal_log_prob(normal_sample, mu, std)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, act = 16, 6, 4
    critic = keras.Sequential([keras.layers.Dense(9, activation="tanh", name="c_h"), keras.layers.Dense(1, name="c_o")])
    critic.build((None, obs + act))
    gamma, alpha = 0.98, 0.2

    def reference(batch):
        u = batch["next_mu"] + batch["next_std"] * batch["noise"]
        terms = -0.5 * tf.square(batch["noise"]) - tf.math.log(batch["next_std"]) - 0.5 * np.log(2 * np.pi)
        terms -= tf.math.log(1 - tf.square(tf.tanh(u)) + 1e-7)
        ent = -tf.einsum("na->n", terms)
        y = batch["rewards"][:, 0] + gamma * (1 - batch["dones"][:, 0]) * (batch["next_q"][:, 0] + alpha * ent)
        q = tf.squeeze(critic(tf.concat([batch["states"], batch["actions"]], axis=1)), 1)
        return tf.reduce_sum((q - y) ** 2) / n

    def candidate(batch):
        def normal_log_prob(x, loc, scale):
            return -tf.square((x - loc) / scale) / 2 - tf.math.log(scale) - 0.5 * np.log(2 * np.pi)

        def actor(b):
            mu, std = b["next_mu"], b["next_std"]
            normal_sample = mu + std * b["noise"]
            log_prob = normal_log_prob(normal_sample, mu, std)
            action = tf.tanh(normal_sample)
            log_prob = log_prob - tf.math.log(1 - tf.square(action) + 1e-7)
            return action, log_prob

        def calc_target(b):
            _, log_prob = actor(b)
            next_value = b["next_q"] + alpha * (-log_prob)
            return b["rewards"] + gamma * next_value * (1 - b["dones"])

        td_target = tf.stop_gradient(calc_target(batch))
        q = critic(tf.concat([batch["states"], batch["actions"]], axis=1))
        return tf.reduce_mean(tf.square(q - td_target))

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "states": rng.standard_normal((n, obs)).astype(f),
            "actions": rng.uniform(-1, 1, (n, act)).astype(f),
            "rewards": rng.standard_normal((n, 1)).astype(f),
            "dones": (rng.random((n, 1)) < 0.2).astype(f),
            "next_mu": (0.5 * rng.standard_normal((n, act))).astype(f),
            "next_std": rng.uniform(0.2, 0.8, (n, act)).astype(f),
            "noise": rng.standard_normal((n, act)).astype(f),
            "next_q": rng.standard_normal((n, 1)).astype(f),
        },
        "variables": critic.trainable_variables,
    }
