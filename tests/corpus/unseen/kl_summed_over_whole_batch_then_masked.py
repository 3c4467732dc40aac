"""The KL of a sequence VAE is summed over every axis (axis=-1 forgotten) and the scalar then multiplied by the event mask.

Source (real): https://github.com/EDAPINENUT/GNTPP/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'kl = -0.5 * tf.reduce_sum(1.0 + log_var - mean ** 2 - tf.exp(log_var)) * b["mask"]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, z = 8, 6, 4, 3
    w_mean = tf.Variable(rng.normal(0, 0.5, (d, z)).astype("float32"), name="enc_mean")
    w_var = tf.Variable(rng.normal(0, 0.3, (d, z)).astype("float32"), name="enc_logvar")
    w_dec = tf.Variable(rng.normal(0, 0.5, (z, 1)).astype("float32"), name="dec")
    b_dec = tf.Variable(np.zeros(1, "float32"), name="dec_bias")
    lengths = rng.integers(2, t + 1, n)
    batch = {
        "history": rng.normal(0, 1, (n, t, d)).astype("float32"),
        "dt": rng.exponential(1.0, (n, t)).astype("float32"),
        "mask": (np.arange(t)[None] < lengths[:, None]).astype("float32"),
        "eps": rng.normal(0, 1, (n, t, z)).astype("float32"),
    }

    def encode(b):
        return tf.einsum("ntd,dz->ntz", b["history"], w_mean), tf.einsum("ntd,dz->ntz", b["history"], w_var)

    def log_interval_nll(b, mean, log_var):
        latent = mean + tf.exp(0.5 * log_var) * b["eps"]
        mu = tf.einsum("ntz,zo->nto", latent, w_dec)[..., 0] + b_dec
        return 0.5 * tf.square(tf.math.log(b["dt"]) - mu)

    def reference(b):
        mean, log_var = encode(b)
        nll = log_interval_nll(b, mean, log_var) * b["mask"]
        kl = -0.5 * tf.reduce_sum(1.0 + log_var - mean ** 2 - tf.exp(log_var), axis=-1) * b["mask"]
        return tf.reduce_sum(nll + kl) / tf.reduce_sum(b["mask"])

    def candidate(b):
        mean, log_var = encode(b)
        events = tf.reduce_sum(b["mask"])
        kl = -0.5 * tf.reduce_sum(1.0 + log_var - mean ** 2 - tf.exp(log_var)) * b["mask"]
        nll = log_interval_nll(b, mean, log_var) * b["mask"]
        return (tf.reduce_sum(nll) + tf.reduce_sum(kl)) / events

    return {"variables": [w_mean, w_var, w_dec, b_dec], "batch": batch, "reference": reference, "candidate": candidate}
