"""Batch PPO: the log density of the diagonal normal has a wrong normaliser for the log standard deviation.
Source: https://github.com/google-research/batch-ppo/pull/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "other",
            "line_marker": "constant = -0.5 * (np.log(2 * np.pi) + logstd)", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, d, A = 6, 4, 3
    mw = tf.Variable(rng.normal(size=(d, A)).astype(fx), name="mean_w")
    lw = tf.Variable((0.3 * rng.normal(size=(A,))).astype(fx), name="logstd")

    def reference(batch):
        var = tf.exp(2.0 * lw)
        diff = batch["action"] - tf.tanh(batch["obs"] @ mw)
        dens = tf.exp(-diff ** 2 / (2.0 * var)) / tf.sqrt(2.0 * np.pi * var)
        logp = tf.math.log(tf.reduce_prod(dens, 1))
        ratio = tf.exp(logp - tf.stop_gradient(logp))
        return -tf.reduce_mean(ratio * batch["adv"]) + 0.05 * tf.reduce_mean((logp - batch["old_logp"]) ** 2)

    def candidate(batch):
        def diag_normal_logpdf(mean, logstd, loc):
            constant = -0.5 * (np.log(2 * np.pi) + logstd)
            value = -0.5 * tf.square((loc - mean) / tf.exp(logstd))
            return tf.reduce_sum(constant + value, axis=-1)

        mean = tf.tanh(tf.matmul(batch["obs"], mw))
        logstd = tf.broadcast_to(lw, tf.shape(mean))
        logprob = diag_normal_logpdf(mean, logstd, batch["action"])
        policy_gradient = tf.exp(logprob - tf.stop_gradient(logprob))
        surrogate_loss = -tf.reduce_mean(policy_gradient * batch["adv"])
        kl_penalty = 0.05 * tf.reduce_mean(tf.square(logprob - batch["old_logp"]))
        return surrogate_loss + kl_penalty

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(B, d)).astype(fx), "action": (0.6 * rng.normal(size=(B, A))).astype(fx),
                      "adv": rng.normal(size=B).astype(fx), "old_logp": (-2.5 + rng.normal(size=B)).astype(fx)},
            "variables": [mw, lw]}
