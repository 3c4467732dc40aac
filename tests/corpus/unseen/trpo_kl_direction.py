"""Spinning Up's TRPO takes KL[new || old] where the paper has KL[old || new]: the parameters are handed to
diagonal_gaussian_kl the wrong way round. (As a penalty the first-order gradients differ away from the old policy.)
Source: https://github.com/openai/spinningup/issues/264"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "d_kl = diagonal_gaussian_kl(mu, log_std, old_mu, old_log_std)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 17, 6, 3
    penalty = 2.0
    w0, ls0 = rng.normal(size=(d, k)) * 0.4, rng.normal(size=k) * 0.2 - 0.5
    w = keras.Variable(w0 + rng.normal(size=(d, k)) * 0.15, dtype=f, name="mu_kernel")
    log_std_var = keras.Variable(ls0 + 0.35, dtype=f, name="log_std")
    obs = rng.normal(size=(n, d))
    act = obs @ w0 + np.exp(ls0) * rng.normal(size=(n, k))
    old_logp = (-0.5 * ((act - obs @ w0) / np.exp(ls0)) ** 2 - ls0 - 0.5 * np.log(2 * np.pi)).sum(1)

    def reference(batch):
        mean = tf.matmul(batch["obs"], w)
        z = (batch["act"] - mean) * tf.exp(-tf.convert_to_tensor(log_std_var))
        logp = -tf.reduce_sum(0.5 * z ** 2 + log_std_var + 0.5 * np.log(2 * np.pi), axis=1)
        surrogate = tf.reduce_mean(tf.exp(logp - batch["logp_old"]) * batch["adv"])
        # KL(old || new)
        var_old, var_new = tf.exp(2 * batch["log_std_old"]), tf.exp(2 * tf.convert_to_tensor(log_std_var))
        kl = (var_old + tf.square(batch["mu_old"] - mean)) / (2 * var_new) - 0.5 + log_std_var - batch["log_std_old"]
        return -surrogate + penalty * tf.reduce_mean(tf.reduce_sum(kl, axis=1))

    def candidate(batch):
        def gaussian_likelihood(x, m, ls):
            pre_sum = -0.5 * (((x - m) / (tf.exp(ls) + 1e-8)) ** 2 + 2 * ls + np.log(2 * np.pi))
            return tf.reduce_sum(pre_sum, axis=1)

        def diagonal_gaussian_kl(mu0, log_std0, mu1, log_std1):
            """KL(N0 || N1), averaged over the batch."""
            var0, var1 = tf.exp(2 * log_std0), tf.exp(2 * log_std1)
            pre_sum = 0.5 * (((mu1 - mu0) ** 2 + var0) / (var1 + 1e-8) - 1) + log_std1 - log_std0
            return tf.reduce_mean(tf.reduce_sum(pre_sum, axis=1))

        mu = tf.matmul(batch["obs"], w)
        log_std = tf.convert_to_tensor(log_std_var)
        old_mu, old_log_std = batch["mu_old"], batch["log_std_old"]
        logp = gaussian_likelihood(batch["act"], mu, log_std)
        ratio = tf.exp(logp - batch["logp_old"])
        d_kl = diagonal_gaussian_kl(mu, log_std, old_mu, old_log_std)
        pi_loss = -tf.reduce_mean(ratio * batch["adv"])
        return pi_loss + penalty * d_kl

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"obs": obs.astype(f), "act": act.astype(f), "adv": rng.normal(size=n).astype(f),
                  "logp_old": old_logp.astype(f), "mu_old": (obs @ w0).astype(f),
                  "log_std_old": np.tile(ls0, (n, 1)).astype(f)},
        "variables": [w, log_std_var],
    }
