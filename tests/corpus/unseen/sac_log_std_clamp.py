"""Stable-baselines3 SAC caps log_std with a hard clamp: when the head leaves the range its gradient is zero. The proposed
form squashes log_std into the range with tanh.
Source: https://github.com/DLR-RM/stable-baselines3/issues/620"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "log_std = tf.clip_by_value(self.log_std(latent_pi), LOG_STD_MIN, LOG_STD_MAX)",
    "same_forward_value": False,
}
LOG_STD_MIN, LOG_STD_MAX = -5.0, 2.0


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, hid, act = 15, 4, 6, 2
    latent = keras.layers.Dense(hid, activation="relu", name="latent_pi")
    mu = keras.layers.Dense(act, name="mu")
    log_std_layer = keras.layers.Dense(act, name="log_std", bias_initializer=keras.initializers.Constant(3.0),
                                       kernel_initializer=keras.initializers.RandomUniform(-0.05, 0.05, seed=seed))
    latent.build((None, obs))
    mu.build((None, hid))
    log_std_layer.build((None, hid))
    q_w = rng.normal(size=(act,)).astype(f)
    batch = {
        "obs": rng.normal(size=(n, obs)).astype(f),
        "eps": (0.2 * rng.normal(size=(n, act))).astype(f),
    }
    alpha = 0.2

    def reference(batch):
        h = latent(batch["obs"])
        mean = mu(h)
        squashed = tf.tanh(log_std_layer(h))
        ls = LOG_STD_MIN + (LOG_STD_MAX - LOG_STD_MIN) * (squashed + 1.0) / 2.0
        pre = mean + tf.exp(ls) * batch["eps"]
        a = tf.tanh(pre)
        gauss = -0.5 * tf.square(batch["eps"]) - ls - 0.5 * np.log(2 * np.pi)
        logp = tf.reduce_sum(gauss - tf.math.log(1.0 - tf.square(a) + 1e-6), axis=1)
        return tf.reduce_mean(alpha * logp - tf.linalg.matvec(a, q_w))

    class Actor:
        def __init__(self, get_log_std):
            self.get_log_std = get_log_std
            self.log_std = log_std_layer

        def action_log_prob(self, obs, noise):
            latent_pi = latent(obs)
            log_std = self.get_log_std(self, latent_pi)
            gaussian = mu(latent_pi) + noise * tf.exp(log_std)
            actions = tf.tanh(gaussian)
            lp = -tf.reduce_sum(0.5 * noise ** 2 + log_std + 0.5 * np.log(2 * np.pi), axis=-1)
            lp -= tf.reduce_sum(tf.math.log(1 - actions ** 2 + 1e-6), axis=-1)
            return actions, lp

    def candidate(batch):
        def get_log_std(self, latent_pi):
            log_std = tf.clip_by_value(self.log_std(latent_pi), LOG_STD_MIN, LOG_STD_MAX)
            return log_std

        actions_pi, log_prob = Actor(get_log_std).action_log_prob(batch["obs"], batch["eps"])
        min_qf_pi = tf.reduce_sum(actions_pi * q_w, axis=-1)
        return tf.reduce_mean(alpha * log_prob - min_qf_pi)

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": latent.trainable_variables + mu.trainable_variables + log_std_layer.trainable_variables}
