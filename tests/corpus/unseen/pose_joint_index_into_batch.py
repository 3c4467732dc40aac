"""The loop over joints indexes the batch axis of the heatmaps (pred[j]) while the weights are taken per joint.

Source (real): https://github.com/leoxiaobin/deep-high-resolution-net.pytorch/pull/248
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'hm_pred, hm_gt = pred[j], gt[j]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, joints, hw, d = 6, 6, 16, 7
    w1 = tf.Variable(rng.normal(size=(d, 12)).astype("float32") * 0.5, name="trunk")
    w2 = tf.Variable(rng.normal(size=(12, joints * hw)).astype("float32") * 0.4, name="head")
    weight = (rng.random((n, joints, 1)) < 0.6).astype("float32")
    batch = {
        "x": rng.normal(size=(n, d)).astype("float32"),
        "heatmaps": rng.random((n, joints, 4, 4)).astype("float32"),
        "target_weight": weight,
    }

    def forward(b):
        return tf.reshape(tf.nn.tanh(b["x"] @ w1) @ w2, (n, joints, hw))

    def mse(a, c):
        return tf.reduce_mean(tf.square(a - c))

    def reference(b):
        pred = forward(b)
        gt = tf.reshape(b["heatmaps"], (n, joints, -1))
        total = 0.0
        for j in range(joints):
            visible = b["target_weight"][:, j]
            total += 0.5 * mse(pred[:, j] * visible, gt[:, j] * visible)
        return total / joints

    def candidate(b):
        pred = forward(b)
        gt = tf.reshape(b["heatmaps"], (n, joints, -1))
        losses = []
        for j in range(joints):
            hm_pred, hm_gt = pred[j], gt[j]
            visible = b["target_weight"][:, j]
            losses.append(0.5 * mse(hm_pred * visible, hm_gt * visible))
        return tf.add_n(losses) / joints

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
