"""Recurrent visual attention: the location is sampled from a normal distribution and squashed by tanh; the log-probability for
REINFORCE is then evaluated at the squashed location instead of at the drawn value.
Source: https://github.com/kevinzakka/recurrent-visual-attention/issues/26"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_pi = tf.reduce_sum(normal_log_prob(l_t, mu), axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, hid, glimpses, loc, std = 12, 7, 4, 2, 0.6
    loc_net = keras.layers.Dense(loc, activation="tanh", name="location")
    base_net = keras.layers.Dense(1, name="baseline")
    loc_net.build((None, hid))
    base_net.build((None, hid))

    def reference(batch):
        mu = loc_net(batch["h"])
        drawn = tf.stop_gradient(mu + std * batch["noise"])
        logp = -tf.reduce_sum((drawn - mu) ** 2, axis=-1) / (2 * std ** 2) - loc * np.log(std * np.sqrt(2 * np.pi))
        b = base_net(batch["h"])[..., 0]
        adv = batch["reward"][:, None] - b
        actor = -tf.reduce_mean(tf.reduce_sum(logp * tf.stop_gradient(adv), axis=1))
        return actor + tf.reduce_mean(adv ** 2)

    def candidate(batch):
        def normal_log_prob(x, loc_):
            return -((x - loc_) ** 2) / (2 * std * std) - np.log(std) - 0.5 * np.log(2 * np.pi)

        def location_step(h_t, noise):
            mu = loc_net(h_t)
            l_t = tf.stop_gradient(mu + noise * std)
            l_t = tf.tanh(l_t)
            log_pi = tf.reduce_sum(normal_log_prob(l_t, mu), axis=1)
            return log_pi, l_t

        log_pi, baselines = [], []
        for t in range(glimpses):
            p, _ = location_step(batch["h"][:, t], batch["noise"][:, t])
            log_pi.append(p)
            baselines.append(tf.squeeze(base_net(batch["h"][:, t]), axis=1))
        log_pi = tf.stack(log_pi, axis=1)
        baselines = tf.stack(baselines, axis=1)
        R = tf.repeat(batch["reward"][:, None], glimpses, axis=1)
        loss_baseline = tf.reduce_mean(tf.square(baselines - R))
        adjusted_reward = R - tf.stop_gradient(baselines)
        loss_reinforce = tf.reduce_mean(tf.reduce_sum(-log_pi * adjusted_reward, axis=1))
        return loss_baseline + loss_reinforce

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "h": rng.standard_normal((n, glimpses, hid)).astype(f),
            "noise": rng.standard_normal((n, glimpses, loc)).astype(f),
            "reward": (rng.random(n) < 0.5).astype(f),
        },
        "variables": loc_net.trainable_variables + base_net.trainable_variables,
    }
