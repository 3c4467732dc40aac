"""The log-determinant of the last flow stage replaces the accumulated one instead of being added to it.

Source (real): https://github.com/tensorflow/models/issues/7465
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "z, log_diff = coupling(z, len(masks) - 1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 12, 4, 6
    masks = [np.array(m, "float32") for m in ([1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0])]
    w_in = [tf.Variable(rng.normal(0, 0.5, (d, h)).astype("float32"), name=f"coupling{i}_in") for i in range(3)]
    w_out = [tf.Variable(rng.normal(0, 0.4, (h, 2 * d)).astype("float32"), name=f"coupling{i}_out") for i in range(3)]
    batch = {"pixels": rng.uniform(0.05, 0.95, (n, d)).astype("float32")}

    def coupling(x, i):
        m = masks[i]
        s, t = tf.split(tf.nn.tanh((x * m) @ w_in[i]) @ w_out[i], 2, axis=1)
        s = tf.nn.tanh(s)
        y = m * x + (1.0 - m) * (x * tf.exp(s) + t)
        return y, tf.reduce_sum((1.0 - m) * s, axis=1)

    def preprocess(pixels):
        p = 0.05 + 0.9 * pixels
        x = tf.math.log(p) - tf.math.log(1.0 - p)
        return x, -tf.reduce_sum(tf.math.log(p) + tf.math.log(1.0 - p), axis=1)

    def log_prior(z):
        return -0.5 * tf.reduce_sum(z ** 2 + np.log(2 * np.pi).astype("float32"), axis=1)

    def reference(b):
        z, log_det = preprocess(b["pixels"])
        for i in range(len(masks)):
            z, inc = coupling(z, i)
            log_det = log_det + inc
        return -tf.reduce_mean(log_prior(z) + log_det) / (d * np.log(2.0).astype("float32"))

    def candidate(b):
        z, log_diff = preprocess(b["pixels"])
        for i in range(len(masks) - 1):
            z, inc_log_diff = coupling(z, i)
            log_diff += inc_log_diff
        # last scale
        z, log_diff = coupling(z, len(masks) - 1)
        log_px = log_prior(z) + log_diff
        return -tf.reduce_mean(log_px) / (d * np.log(2.0).astype("float32"))

    return {"variables": w_in + w_out, "batch": batch, "reference": reference, "candidate": candidate}
