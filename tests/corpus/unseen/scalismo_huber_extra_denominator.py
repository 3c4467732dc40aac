"""Mean Huber metric for registration: the quadratic part is divided by 1 + v * v, which belongs to another robust loss.

Source (real): https://github.com/unibas-gravis/scalismo/issues/260 (MeanHuberLossMetric, Scala, ported).
Right answer: NOT equivalent. The denominator should not be there; without it the two parts meet at delta.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return (v * v / 2) / (1 + v * v)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, dim = 27, 3
    delta = 1.1

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    angle = tf.Variable(np.asarray(0.4, f), name="rotation")
    shift = tf.Variable(0.3 * arr(dim), name="translation")
    stretch = tf.Variable((1.0 + 0.1 * rng.standard_normal(dim)).astype(f), name="scaling")
    pts = arr(n, dim)
    batch = {"points": pts, "fixed_values": (np.sin(pts).sum(1) + 0.9 * rng.standard_normal(n)).astype(f)}

    def moved_image_value(points):
        c, s = tf.cos(angle), tf.sin(angle)
        x, y, z = tf.unstack(points * stretch, axis=-1)
        warped = tf.stack([c * x - s * y, s * x + c * y, z], axis=-1) + shift
        return tf.reduce_sum(tf.sin(warped), axis=-1)

    def reference(b):
        huber = keras.losses.Huber(delta=delta, reduction="sum")
        return huber(b["fixed_values"], moved_image_value(b["points"])) / b["points"].shape[0]

    def candidate(b):
        class MeanHuberLossMetric:
            def inner(self, v):
                return (v * v / 2) / (1 + v * v)

            def outer(self, v):
                return delta * (tf.abs(v) - delta / 2)

            def value(self, points, fixed):
                v = fixed - moved_image_value(points)
                return tf.reduce_mean(tf.where(tf.abs(v) < delta, self.inner(v), self.outer(v)))

        return MeanHuberLossMetric().value(b["points"], b["fixed_values"])

    return {"variables": [angle, shift, stretch], "batch": batch, "reference": reference, "candidate": candidate}
