"""Camera head: L1 on raw quaternions though the ground truth is standardised to w >= 0 (q and -q are one rotation).
Source: https://github.com/facebookresearch/vggt-omega/issues/25"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "loss_R = tf.abs(pred_R - gt_R)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, views, d = 3, 3, 6
    feat = rng.normal(size=(n, views, d))
    w0 = 0.6 * rng.normal(size=(d, 8))
    head = tf.Variable(w0.astype(fx), name="camera_head")
    noisy = feat @ w0 + 0.15 * rng.normal(size=(n, views, 8))
    gt_q = noisy[..., 3:7]
    gt_q = gt_q * np.where(gt_q[..., 3:] < 0, -1.0, 1.0)
    gt = np.concatenate([noisy[..., :3], gt_q, noisy[..., 7:]], -1)

    def reference(batch):
        pred = batch["feat"] @ head
        q, target = pred[..., 3:7], batch["pose"][..., 3:7]
        plus = tf.reduce_sum(tf.abs(q - target), axis=-1)
        minus = tf.reduce_sum(tf.abs(q + target), axis=-1)
        rot = tf.reduce_sum(tf.minimum(plus, minus)) / (n * views * 4)
        trans = tf.reduce_mean(tf.abs(pred[..., :3] - batch["pose"][..., :3]))
        fov = tf.reduce_mean(tf.abs(pred[..., 7:] - batch["pose"][..., 7:]))
        return trans + rot + 0.5 * fov

    def candidate(batch):
        pred_enc = tf.tensordot(batch["feat"], head, axes=[[2], [0]])
        pred_T, pred_R, pred_F = tf.split(pred_enc, [3, 4, 1], axis=-1)
        gt_T, gt_R, gt_F = tf.split(batch["pose"], [3, 4, 1], axis=-1)
        loss_T = tf.abs(pred_T - gt_T)
        loss_R = tf.abs(pred_R - gt_R)
        loss_FL = tf.abs(pred_F - gt_F)
        parts = [tf.reduce_mean(v) for v in (loss_T, loss_R, loss_FL)]
        return parts[0] + parts[1] + 0.5 * parts[2]

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": feat.astype(fx), "pose": gt.astype(fx)}, "variables": [head]}
