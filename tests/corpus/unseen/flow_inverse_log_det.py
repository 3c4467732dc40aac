"""Affine flows return the same log determinant in both directions; for the inverse it has to be negated (NuX, affine.py).
Source: https://github.com/Information-Fusion-Lab-Umass/NuX/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "log_det = tf.reduce_sum(log_s, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    dim = 4
    log_s = tf.Variable((0.3 * rng.standard_normal(dim)).astype(f), name="log_s")
    shift = tf.Variable((0.3 * rng.standard_normal(dim)).astype(f), name="shift")
    mix = tf.Variable((np.eye(dim) + 0.2 * rng.standard_normal((dim, dim))).astype(f), name="mix")
    x = (1.5 * rng.standard_normal((18, dim)) + 0.4).astype(f)
    half_log_2pi = 0.5 * float(np.log(2.0 * np.pi))

    def reference(batch):
        """log p(x) of x = (z M) * s + b, each factor written out."""
        u = (batch["x"] - shift) * tf.exp(-log_s)
        z = tf.transpose(tf.linalg.solve(tf.transpose(mix), tf.transpose(u)))
        log_p = -tf.reduce_sum(0.5 * z**2 + half_log_2pi, axis=1)
        log_p -= tf.reduce_sum(log_s)
        log_p -= tf.linalg.slogdet(mix)[1]
        return -tf.reduce_mean(log_p)

    def candidate(batch):
        class Linear:
            def __call__(self, value, inverse=False):
                w = tf.linalg.inv(mix) if inverse else mix
                log_det = tf.linalg.slogdet(w)[1] * tf.ones_like(value[:, 0])
                return value @ w, log_det

        class ShiftScale:
            def __call__(self, value, inverse=False):
                if inverse:
                    out = (value - shift) / tf.exp(log_s) * tf.ones_like(value)
                else:
                    out = value * tf.exp(log_s) + shift
                log_det = tf.reduce_sum(log_s, axis=-1)
                return out, log_det

        value, total = batch["x"], 0.0
        for layer in reversed([Linear(), ShiftScale()]):
            value, log_det = layer(value, inverse=True)
            total = total + log_det
        prior = -0.5 * value**2 - half_log_2pi
        return -tf.reduce_mean(tf.reduce_sum(prior, axis=-1) + total)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x}, "variables": [log_s, shift, mix]}
