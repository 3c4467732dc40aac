"""The layer that adjusts the KL loss holds its annealed weight as a variable which was trainable.
Source: https://github.com/broadinstitute/ml4h/pull/173"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'weighted_kl = kl_weight * kl',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, d, z_dim = 6, 5, 2
    w_mu, w_lv, w_dec = var("w_mu", d, z_dim), var("w_lv", d, z_dim, scale=0.3), var("w_dec", z_dim, d)
    kl_weight = tf.Variable(np.asarray(0.35, f), name="kl_weight")

    def reference(batch):
        x = batch["x"]
        mu, lv = x @ w_mu, x @ w_lv
        out = (mu + tf.exp(0.5 * lv) * batch["noise"]) @ w_dec
        rec = tf.reduce_sum((x - out) ** 2, -1)
        div = 0.5 * tf.reduce_sum(mu ** 2 + tf.exp(lv) - lv - 1.0, -1)
        return tf.reduce_mean(rec + tf.stop_gradient(kl_weight) * div)

    def candidate(batch):
        mean, log_var = tf.matmul(batch["x"], w_mu), tf.matmul(batch["x"], w_lv)
        sample = mean + batch["noise"] * tf.exp(log_var / 2.0)
        decoded = tf.matmul(sample, w_dec)
        reconstruction = tf.reduce_mean(tf.reduce_sum(tf.math.squared_difference(decoded, batch["x"]), axis=1))
        kl = -0.5 * tf.reduce_mean(tf.reduce_sum(1.0 + log_var - tf.square(mean) - tf.exp(log_var), axis=1))
        weighted_kl = kl_weight * kl
        return reconstruction + weighted_kl

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, d), "noise": arr(n, z_dim)},
            "variables": [w_mu, w_lv, w_dec, kl_weight]}
