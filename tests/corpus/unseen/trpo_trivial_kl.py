"""TRPO: the Gaussian KL gets the same live policy on both sides, so it and its gradient vanish identically.
Source: https://github.com/dongminlee94/deep_rl/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "dead",
            "line_marker": "kl = gaussian_kl(policy(batch[\"obs\"]), policy(batch[\"obs\"]))", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, d, A, beta = 6, 4, 2, 2.0
    w = tf.Variable(rng.normal(size=(d, A)).astype(fx), name="mu_w")
    ls = tf.Variable((0.2 * rng.normal(size=A)).astype(fx), name="log_sigma")

    def reference(batch):
        mu = batch["obs"] @ w
        sig = tf.exp(ls)
        lp = tf.reduce_sum(-0.5 * ((batch["act"] - mu) / sig) ** 2 - ls, 1)
        surr = tf.reduce_mean(tf.exp(lp - batch["old_logp"]) * batch["adv"])
        s0 = tf.exp(batch["old_log_sigma"])
        kl = ls - batch["old_log_sigma"] + (s0 ** 2 + (batch["old_mu"] - mu) ** 2) / (2 * sig ** 2) - 0.5
        return beta * tf.reduce_mean(tf.reduce_sum(kl, 1)) - surr

    def candidate(batch):
        def policy(obs):
            return tf.matmul(obs, w), ls

        def gaussian_kl(old, new):
            (mu_old, log_old), (mu_new, log_new) = old, new
            ratio = (tf.exp(2.0 * log_old) + tf.square(mu_old - mu_new)) / (2.0 * tf.exp(2.0 * log_new))
            return tf.reduce_mean(tf.reduce_sum(log_new - log_old + ratio - 0.5, axis=-1))

        mu, log_sigma = policy(batch["obs"])
        z = (batch["act"] - mu) * tf.exp(-log_sigma)
        logp = tf.reduce_sum(-0.5 * tf.square(z) - log_sigma, axis=-1)
        surrogate = tf.reduce_mean(tf.exp(logp - batch["old_logp"]) * batch["adv"])
        kl = gaussian_kl(policy(batch["obs"]), policy(batch["obs"]))
        return -surrogate + beta * kl

    obs = rng.normal(size=(B, d))
    mu0 = obs @ w.numpy() + 0.4 * rng.normal(size=(B, A))
    ls0 = ls.numpy() + 0.2 * rng.normal(size=A)
    act = mu0 + np.exp(ls0) * rng.normal(size=(B, A))
    lp0 = (-0.5 * ((act - mu0) / np.exp(ls0)) ** 2 - ls0).sum(1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs.astype(fx), "act": act.astype(fx), "old_mu": mu0.astype(fx),
                      "old_log_sigma": ls0.astype(fx), "old_logp": lp0.astype(fx), "adv": rng.normal(size=B).astype(fx)},
            "variables": [w, ls]}
