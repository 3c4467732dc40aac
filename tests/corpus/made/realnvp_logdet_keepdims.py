"""RealNVP likelihood: log-det kept as (n, 1), added to the per-dimension base log-prob (n, d), then summed.

Origin: realistic, after https://github.com/MokkeMeguru/glow-realnvp-tutorial/issues/2 and
rll/deepul issue 7 (a factor counted several times through broadcasting in a flow's log-prob).
Right answer: NOT equivalent; the log-determinant is counted d times.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "log_px = tf.reduce_sum(log_pz + log_det, axis=-1)",
    "same_forward_value": False,
}


class Coupling(keras.layers.Layer):
    """Affine coupling: the first half conditions the second."""

    def __init__(self, half, flip, **kw):
        super().__init__(**kw)
        self.half, self.flip = half, flip
        self.st = keras.layers.Dense(2 * half, name="st", dtype=kw.get("dtype"))

    def build(self, shape):
        self.st.build((None, self.half))

    def call(self, x):
        a, c = tf.split(x, 2, axis=-1)
        if self.flip:
            a, c = c, a
        s, t = tf.split(self.st(a), 2, axis=-1)
        s = tf.tanh(s)
        c = c * tf.exp(s) + t
        out = tf.concat([c, a] if self.flip else [a, c], axis=-1)
        return out, tf.reduce_sum(s, axis=-1, keepdims=True)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, half = 26, 3
    flow = [Coupling(half, bool(k), name=f"coupling_{k}", dtype=f) for k in range(2)]
    for layer in flow:
        layer.build((None, 2 * half))
        layer.set_weights([0.4 * rng.standard_normal(p.shape).astype(f) for p in layer.get_weights()])
    batch = {"x": rng.standard_normal((n, 2 * half)).astype(f)}

    def reference(b):
        total = 0.0
        for i in range(b["x"].shape[0]):
            z = b["x"][i : i + 1]
            for layer in flow:
                z, ld = layer(z)
                total -= ld[0, 0]
            total += tf.reduce_sum(0.5 * tf.square(z) + 0.5 * np.log(2.0 * np.pi))
        return total / b["x"].shape[0]

    def candidate(b):
        z, log_det = b["x"], 0.0
        for layer in flow:
            z, ld = layer(z)
            log_det += ld
        log_pz = -0.5 * (tf.square(z) + np.log(2.0 * np.pi))
        log_px = tf.reduce_sum(log_pz + log_det, axis=-1)
        return -tf.reduce_mean(log_px)

    return {
        "variables": [v for layer in flow for v in layer.trainable_variables],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
