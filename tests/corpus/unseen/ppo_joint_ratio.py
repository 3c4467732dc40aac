"""The PPO ratio of a multi-dimensional action is taken per dimension, not for the joint probability.
Source: https://github.com/EmbersArc/PPO/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "r_theta = probs / (old_probs + 1e-10)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    n, o, a = 6, 4, 3
    w_mu, log_sigma = var("mu", o, a), var("log_sigma_sq", a, scale=0.2)
    w_v = var("value", o, 1)
    eps = 0.2

    def reference(batch):
        mu = batch["obs"] @ w_mu
        var_ = tf.exp(log_sigma)
        logp = tf.reduce_sum(-0.5 * (batch["act"] - mu) ** 2 / var_ - 0.5 * log_sigma - 0.5 * np.log(2 * np.pi), axis=1)
        ratio = tf.exp(logp - tf.reduce_sum(tf.math.log(batch["old_probs"]), axis=1))
        adv = batch["advantage"][:, 0]
        surrogate = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - eps, 1 + eps) * adv)
        v = (batch["obs"] @ w_v)[:, 0]
        return -tf.reduce_mean(surrogate) + 0.5 * tf.reduce_mean((batch["returns"] - v) ** 2)

    def candidate(batch):
        mu = batch["obs"] @ w_mu
        sigma_sq = tf.exp(log_sigma)
        a_, b_ = tf.exp(-tf.square(batch["act"] - mu) / (2 * sigma_sq)), 1.0 / tf.sqrt(2 * sigma_sq * np.pi)
        probs = a_ * b_
        old_probs = batch["old_probs"]
        advantage = batch["advantage"]
        r_theta = probs / (old_probs + 1e-10)
        p_opt_a = r_theta * advantage
        p_opt_b = tf.clip_by_value(r_theta, 1 - eps, 1 + eps) * advantage
        policy_loss = -tf.reduce_mean(tf.minimum(p_opt_a, p_opt_b))
        value = tf.reduce_sum(batch["obs"] @ w_v, axis=1)
        value_loss = tf.reduce_mean(tf.math.squared_difference(batch["returns"], value))
        return policy_loss + 0.5 * value_loss

    obs = rng.normal(size=(n, o))
    act = obs @ w_mu.numpy() + 0.8 * rng.normal(size=(n, a))
    mu_old = obs @ (w_mu.numpy() + 0.02 * rng.normal(size=(o, a)))
    s2 = np.exp(log_sigma.numpy())
    old = np.exp(-(act - mu_old) ** 2 / (2 * s2)) / np.sqrt(2 * np.pi * s2)
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs.astype(dt), "act": act.astype(dt), "old_probs": old.astype(dt),
                      "advantage": rng.normal(size=(n, 1)).astype(dt), "returns": rng.normal(size=n).astype(dt)},
            "variables": [w_mu, log_sigma, w_v]}
