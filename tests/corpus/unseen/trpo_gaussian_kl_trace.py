"""pat-coady/trpo's KL between two diagonal Gaussians: the issue wants the ratio of the covariances (tr_old_new) squared, but
it is built from log variances and is right as it stands.
Source: https://github.com/pat-coady/trpo/issues/25"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, act_dim = 20, 6, 3
    beta = 1.5
    means_w = keras.Variable(rng.normal(size=(d, act_dim)) * 0.4, dtype=f, name="means")
    log_vars = keras.Variable(rng.normal(size=act_dim) * 0.3 - 0.5, dtype=f, name="log_vars")
    old_log_vars = rng.normal(size=act_dim) * 0.3 - 0.8

    def reference(batch):
        """Univariate KLs with standard deviations, summed over the action's components."""
        mu = tf.matmul(batch["obs"], means_w)
        sd, sd_old = tf.sqrt(tf.exp(log_vars)), tf.sqrt(tf.exp(batch["old_log_vars"]))
        logp = -0.5 * tf.square((batch["act"] - mu) / sd) - tf.math.log(sd)
        logp_old = -0.5 * tf.square((batch["act"] - batch["old_means"]) / sd_old) - tf.math.log(sd_old)
        ratio = tf.exp(tf.reduce_sum(logp - logp_old, axis=1))
        kl = tf.math.log(sd / sd_old) + (sd_old ** 2 + tf.square(batch["old_means"] - mu)) / (2 * sd ** 2) - 0.5
        return tf.reduce_mean(-batch["advantages"] * ratio) + beta * tf.reduce_mean(tf.reduce_sum(kl, axis=1))

    def candidate(batch):
        means, old_lv = batch["obs"] @ tf.convert_to_tensor(means_w), batch["old_log_vars"][0]
        lv = tf.convert_to_tensor(log_vars)

        def logprob(m, v):
            lp = -0.5 * tf.reduce_sum(v)
            return lp + -0.5 * tf.reduce_sum(tf.square(batch["act"] - m) / tf.exp(v), axis=1)

        logp, logp_old = logprob(means, lv), logprob(batch["old_means"], old_lv)
        log_det_cov_old = tf.reduce_sum(old_lv)
        log_det_cov_new = tf.reduce_sum(lv)
        tr_old_new = tf.reduce_sum(tf.exp(old_lv - lv))
        kl = 0.5 * tf.reduce_mean(log_det_cov_new - log_det_cov_old + tr_old_new +
                                  tf.reduce_sum(tf.square(means - batch["old_means"]) / tf.exp(lv), axis=1) - act_dim)
        loss1 = -tf.reduce_mean(batch["advantages"] * tf.exp(logp - logp_old))
        loss2 = tf.reduce_mean(beta * kl)
        return loss1 + loss2

    obs = rng.normal(size=(n, d))
    old_means = obs @ (means_w.numpy() + rng.normal(size=(d, act_dim)) * 0.1)
    return {
        "reference": reference, "candidate": candidate,
        "batch": {"obs": obs.astype(f), "old_means": old_means.astype(f),
                  "act": (old_means + np.exp(0.5 * old_log_vars) * rng.normal(size=(n, act_dim))).astype(f),
                  "advantages": rng.normal(size=n).astype(f), "old_log_vars": np.tile(old_log_vars, (n, 1)).astype(f)},
        "variables": [means_w, log_vars],
    }
