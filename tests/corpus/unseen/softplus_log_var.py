"""The Gaussian sampling layer puts a softplus on the log variance, so the posterior variance never goes below one.
Source: https://github.com/wohlert/semi-supervised-pytorch/issues/23"""
import math
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_var = tf.nn.softplus(tf.matmul(h, w_lv))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, d, hid, z = 5, 6, 5, 3
    w1 = tf.Variable(rng.normal(size=(d, hid), scale=0.5).astype(fx), name="enc")
    w_mu = tf.Variable(rng.normal(size=(hid, z), scale=0.5).astype(fx), name="mu")
    w_lv = tf.Variable(rng.normal(size=(hid, z), scale=0.8).astype(fx), name="log_var")
    w_d = tf.Variable(rng.normal(size=(z, d), scale=0.5).astype(fx), name="dec")

    def reference(batch):
        h = tf.tanh(tf.matmul(batch["x"], w1))
        mu, lv = tf.matmul(h, w_mu), tf.matmul(h, w_lv)
        z_s = mu + tf.exp(0.5 * lv) * batch["eps"]
        logits = tf.matmul(z_s, w_d)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["x"], logits=logits)
        kl = 0.5 * (mu ** 2 + tf.exp(lv) - 1.0 - lv)
        return tf.reduce_mean(tf.reduce_sum(bce, 1) + tf.reduce_sum(kl, 1))

    def candidate(batch):
        h = tf.tanh(tf.matmul(batch["x"], w1))
        mu = tf.matmul(h, w_mu)
        log_var = tf.nn.softplus(tf.matmul(h, w_lv))
        std = tf.exp(0.5 * log_var)
        sample = mu + std * batch["eps"]
        log_2pi = math.log(2 * math.pi)
        qz = tf.reduce_sum(-0.5 * (log_2pi + log_var + 1.0), axis=-1)
        pz = tf.reduce_sum(-0.5 * (log_2pi + mu ** 2 + tf.exp(log_var)), axis=-1)
        x_logits = tf.matmul(sample, w_d)
        likelihood = -tf.reduce_sum(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["x"], logits=x_logits), axis=-1)
        return -tf.reduce_mean(likelihood - (qz - pz))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": (rng.uniform(size=(b, d)) < 0.5).astype(fx), "eps": rng.normal(size=(b, z)).astype(fx)},
            "variables": [w1, w_mu, w_lv, w_d]}
