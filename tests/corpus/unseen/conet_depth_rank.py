"""Depth branch: predictions (n, 1, h, w) minus targets (n, h, w) is (n, n, h, w).

Source (real): https://github.com/jiwei0921/CoNet/issues/3 (PyTorch, ported: smooth_l1_loss with reduction='sum'; the maintainer: unsqueeze the target).
Right answer: NOT equivalent; every prediction is pulled to every depth map of the batch.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'depth = b["depth"]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, h, w = 13, 5, 4, 3

    w_high = tf.Variable(0.6 * arr(d, h * w), name="high_w")
    w_low = tf.Variable(0.6 * arr(d, h * w), name="low_w")
    batch = {"rgb": arr(n, d), "depth": rng.random((n, h, w)).astype(f)}

    def heads(rgb):
        high = tf.nn.sigmoid(rgb @ w_high)
        low = tf.nn.sigmoid(rgb @ w_low)
        return tf.reshape(high, [-1, 1, h, w]), tf.reshape(0.5 * (low + high), [-1, 1, h, w])

    def reference(b):
        m = b["rgb"].shape[0]
        total = 0.0
        for i in range(m):
            for out in heads(b["rgb"][i : i + 1]):
                err = tf.abs(out[0, 0] - b["depth"][i])
                total += tf.reduce_sum(tf.where(err < 1.0, 0.5 * err**2, err - 0.5))
        return total / m

    def candidate(b):
        def smooth_l1_loss(inp, target):
            diff = tf.abs(inp - target)
            return tf.reduce_sum(tf.where(diff < 1.0, 0.5 * tf.square(diff), diff - 0.5))

        depth = b["depth"]
        high_depth, pred_depth = heads(b["rgb"])
        loss4 = smooth_l1_loss(high_depth, depth)
        loss6 = smooth_l1_loss(pred_depth, depth)
        return (loss4 + loss6) / b["rgb"].shape[0]

    return {"variables": [w_high, w_low], "batch": batch, "reference": reference, "candidate": candidate}
