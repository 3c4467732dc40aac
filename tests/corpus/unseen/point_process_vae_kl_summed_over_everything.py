"""VAE decoder of a temporal point process: the KL is summed over the whole tensor and then spread over the event mask.

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
    n, length, dh, dz = 8, 5, 6, 3
    w_mu = tf.Variable(rng.normal(0, 0.4, (dh + 1, dz)), name="enc/mu", dtype=tf.float32)
    w_lv = tf.Variable(rng.normal(0, 0.3, (dh + 1, dz)), name="enc/log_var", dtype=tf.float32)
    w_dec = tf.Variable(rng.normal(0, 0.4, (dh + dz, 1)), name="dec", dtype=tf.float32)
    lengths = rng.integers(2, length + 1, n)
    batch = {"hist": rng.normal(size=(n, length, dh)).astype(np.float32),
             "gap": rng.exponential(1.0, (n, length)).astype(np.float32),
             "eps": rng.normal(size=(n, length, dz)).astype(np.float32),
             "mask": (np.arange(length)[None] < lengths[:, None]).astype(np.float32)}

    def encode(b):
        x = tf.concat([b["hist"], tf.math.log(b["gap"])[..., None]], -1)
        return x @ w_mu, x @ w_lv

    def recon_error(b, z):
        pred = tf.squeeze(tf.concat([b["hist"], z], -1) @ w_dec, -1)
        return tf.square(pred - tf.math.log(b["gap"]))

    def reference(b):
        mean, log_var = encode(b)
        z = mean + tf.exp(0.5 * log_var) * b["eps"]
        kl_each = -0.5 * tf.reduce_sum(1.0 + log_var - mean ** 2 - tf.exp(log_var), axis=-1)
        per_event = recon_error(b, z) + kl_each
        return tf.reduce_sum(per_event * b["mask"]) / tf.reduce_sum(b["mask"])

    def candidate(b):
        mean, log_var = encode(b)
        z = mean + tf.exp(0.5 * log_var) * b["eps"]
        rec = recon_error(b, z) * b["mask"]
        kl = -0.5 * tf.reduce_sum(1.0 + log_var - mean ** 2 - tf.exp(log_var)) * b["mask"]
        return tf.reduce_sum(rec + kl) / tf.reduce_sum(b["mask"])

    return {"variables": [w_mu, w_lv, w_dec], "batch": batch, "reference": reference, "candidate": candidate}
