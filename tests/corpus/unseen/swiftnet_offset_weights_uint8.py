"""Boundary-aware offset loss: the weights are scaled to [0, 1] and then cast to uint8, which leaves zeros and ones.

Source (real): https://github.com/jsaric/panoptic-swiftnet/issues/3 (save_offset_weights.py, numpy and PyTorch, ported).
Right answer: NOT equivalent; nearly all pixels inside of an instance lose their weight.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "offset_weights = tf.cast(tf.squeeze(offset_weights, -1), tf.uint8)",
    "same_forward_value": False,
}

_ALPHAS = (8.0, 4.0, 2.0, 1.0)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, c = 15, 5, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    head = tf.Variable(0.5 * arr(c, 2), name="offset_head")
    bias = tf.Variable(0.2 * arr(2), name="offset_bias")
    batch = {
        "feats": arr(n, h, w, c),
        "offset": arr(n, h, w, 2),
        "ring": rng.integers(0, len(_ALPHAS) + 1, (n, h, w, 1)),
    }

    def reference(b):
        rings, diff = b["ring"][..., 0], tf.einsum("nhwc,co->nhwo", b["feats"], head) + bias - b["offset"]
        l1 = tf.abs(diff[..., 0]) + tf.abs(diff[..., 1])
        total, norm = 0.0, 0.0
        for k, alpha in enumerate(_ALPHAS):
            inside = tf.where(rings == k, tf.ones_like(l1), tf.zeros_like(l1))
            total += alpha / _ALPHAS[0] * tf.reduce_sum(inside * l1)
            norm += alpha / _ALPHAS[0] * tf.reduce_sum(inside)
        return total / norm

    def candidate(b):
        def boundary_weights(ring):
            offset_weights = tf.zeros(ring.shape, dtype=b["feats"].dtype)
            for k, alpha in enumerate(_ALPHAS):
                offset_weights = tf.where(ring == k, tf.ones_like(offset_weights) * alpha, offset_weights)
            offset_weights = offset_weights / max(_ALPHAS)
            offset_weights = tf.cast(tf.squeeze(offset_weights, -1), tf.uint8)
            return offset_weights

        pred = tf.tensordot(b["feats"], head, 1) + bias
        weights = tf.cast(boundary_weights(b["ring"]), pred.dtype)[..., None]
        loss = weights * tf.abs(pred - b["offset"])
        return tf.reduce_sum(loss) / tf.reduce_sum(weights)

    return {"variables": [head, bias], "batch": batch, "reference": reference, "candidate": candidate}
