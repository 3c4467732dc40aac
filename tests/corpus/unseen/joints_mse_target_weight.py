"""Pose estimation: JointsMSELoss multiplies the heatmaps of joint idx by target_weight[:, idx]; should that be target_weight[idx, 0]?

Source (real): https://github.com/bearpaw/pytorch-pose/issues/93 (PyTorch, ported; question 2 of the thread).
Right answer: EQUIVALENT to the masked mean: the heatmaps were split along the joint axis, so idx is a joint and (B, HW) meets (B, 1).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, joints, h, w, d = 16, 5, 4, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    deconv = tf.Variable(0.6 * arr(d, joints), name="deconv")
    bias = tf.Variable(0.2 * arr(joints), name="deconv_bias")
    yy, xx = np.mgrid[0:h, 0:w]
    cy, cx = rng.integers(0, h, (n, joints, 1, 1)), rng.integers(0, w, (n, joints, 1, 1))
    batch = {
        "feat": arr(n, h, w, d),
        "target": np.exp(-((yy - cy) ** 2 + (xx - cx) ** 2) / 2.0).astype(f),
        "target_weight": (rng.random((n, joints, 1)) > 0.3).astype(f),
    }

    def heatmaps(feat):
        return tf.transpose(tf.nn.softplus(feat @ deconv + bias), [0, 3, 1, 2])

    def reference(b):
        sq = tf.square(heatmaps(b["feat"]) - b["target"])
        visible = b["target_weight"][..., None]
        return 0.5 * tf.reduce_mean(visible * sq)

    def candidate(b):
        class JointsMSELoss:
            def __init__(self, use_target_weight):
                self.criterion = lambda a, c: tf.reduce_mean(tf.square(a - c))
                self.use_target_weight = use_target_weight

            def __call__(self, output, target, target_weight):
                batch_size, num_joints = output.shape[0], output.shape[1]
                heatmaps_pred = tf.split(tf.reshape(output, [batch_size, num_joints, -1]), num_joints, axis=1)
                heatmaps_gt = tf.split(tf.reshape(target, [batch_size, num_joints, -1]), num_joints, axis=1)
                loss = 0.0
                for idx in range(num_joints):
                    heatmap_pred = tf.squeeze(heatmaps_pred[idx])
                    heatmap_gt = tf.squeeze(heatmaps_gt[idx])
                    if self.use_target_weight:
                        loss += 0.5 * self.criterion(
                            heatmap_pred * target_weight[:, idx], heatmap_gt * target_weight[:, idx]
                        )
                    else:
                        loss += 0.5 * self.criterion(heatmap_pred, heatmap_gt)
                return loss / num_joints

        return JointsMSELoss(use_target_weight=True)(heatmaps(b["feat"]), b["target"], b["target_weight"])

    return {"variables": [deconv, bias], "batch": batch, "reference": reference, "candidate": candidate}
