"""Batch-normalization bijector: the log-determinant counts every channel once, not once per pixel.

Source (real): https://github.com/tensorflow/probability/issues/238 (inverse_log_det_jacobian for image inputs).
Right answer: NOT equivalent; the scale of the flow gets too little of the Jacobian.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_sum(log_total_gamma - 0.5 * tf.math.log(var + eps))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, h, w, c, eps = 15, 3, 4, 2, 1e-3

    gamma_raw = tf.Variable(0.4 * arr(c), name="log_gamma")
    beta = tf.Variable(0.5 * arr(c), name="beta")
    batch = {"img": (1.3 * arr(n, h, w, c) + 0.4).astype(f)}

    def reference(b):
        mean, var = tf.nn.moments(b["img"], axes=[0, 1, 2])
        total = 0.0
        for y in range(h):
            for x in range(w):
                for k in range(c):
                    scale = tf.exp(gamma_raw[k]) / tf.sqrt(var[k] + eps)
                    z = (b["img"][:, y, x, k] - mean[k]) * scale + beta[k]
                    logp = -0.5 * z**2 - 0.5 * np.log(2 * np.pi) + tf.math.log(scale)
                    total -= tf.reduce_mean(logp)
        return total

    def candidate(b):
        class BatchNormalization:
            def __init__(self):
                self.axes = [0, 1, 2]

            def normalize(self, y):
                mean, var = tf.nn.moments(y, axes=self.axes)
                return tf.nn.batch_normalization(y, mean, var, beta, tf.exp(gamma_raw), eps)

            def log_det_jacobian(self, y):
                _, var = tf.nn.moments(y, axes=self.axes)
                log_total_gamma = gamma_raw
                return tf.reduce_sum(log_total_gamma - 0.5 * tf.math.log(var + eps))

        bn = BatchNormalization()
        z = bn.normalize(b["img"])
        log_prob = tf.reduce_sum(-0.5 * tf.square(z) - 0.5 * np.log(2 * np.pi), axis=[1, 2, 3])
        return -tf.reduce_mean(log_prob + bn.log_det_jacobian(b["img"]))

    return {"variables": [gamma_raw, beta], "batch": batch, "reference": reference, "candidate": candidate}
