"""Keypoint heatmaps: joints with an empty target should be skipped, but any() has no axis and finds one non-empty joint for all.

Source (real): https://github.com/open-mmlab/mmpose/issues/2464 (PyTorch, ported: (target != 0).flatten(2).any() instead of any(dim=2); confirmed).
Right answer: NOT equivalent; empty joints are trained towards zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": '_mask = tf.reduce_any(tf.reshape(target != 0, [*target.shape[:2], -1]))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, joints, h, wd = 15, 5, 4, 3, 6

    w = tf.Variable(0.5 * arr(d, joints * h * wd), name="head_w")
    b0 = tf.Variable(0.4 * arr(joints * h * wd), name="head_b")
    target_maps = rng.random((n, joints, h, wd))
    target_maps[rng.random((n, joints)) < 0.4] = 0.0
    batch = {"feat": arr(n, d), "target": target_maps.astype(f)}

    def heatmaps(feat):
        return tf.reshape(feat @ w + b0, [-1, joints, h, wd])

    def reference(b):
        out = heatmaps(b["feat"])
        total = 0.0
        for i in range(out.shape[0]):
            for k in range(joints):
                goal = b["target"][i, k]
                if float(tf.reduce_max(tf.abs(goal))) > 0:
                    total += tf.reduce_sum((out[i, k] - goal) ** 2)
        return total / int(tf.size(out))

    def candidate(b):
        class KeypointMSELoss:
            def _get_mask(self, target):
                _mask = tf.reduce_any(tf.reshape(target != 0, [*target.shape[:2], -1]))
                mask = tf.cast(_mask, target.dtype)
                return tf.reshape(mask, [*mask.shape, 1, 1])

            def __call__(self, output, target):
                _loss = tf.square(output - target)
                return tf.reduce_mean(_loss * self._get_mask(target))

        return KeypointMSELoss()(heatmaps(b["feat"]), b["target"])

    return {"variables": [w, b0], "batch": batch, "reference": reference, "candidate": candidate}
