"""Mask IoU with uint8 ground-truth masks, here as a soft IoU loss plus binary cross entropy of instance masks.
Source: https://github.com/ultralytics/ultralytics/issues/15782"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'dtype',
    "line_marker": 'gt_area = tf.cast(tf.reduce_sum(gt, axis=1), pred.dtype)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, hw, p = 3, 24, 4
    coeff = tf.Variable(rng.normal(0, 0.6, (n, p)).astype(fx), name="mask_coeff")
    bias = tf.Variable(rng.normal(0, 0.1, (n, 1)).astype(fx), name="mask_bias")
    masks = np.zeros((n, hw, hw), "uint8")
    for i in range(n):
        masks[i, 2:20 + i, 1:19 + i] = 1

    def reference(batch):
        probs = tf.sigmoid(coeff @ batch["proto"] + bias)
        gt = tf.reshape(tf.cast(batch["masks"], probs.dtype), (n, -1))
        total = 0.0
        for i in range(n):
            inter = tf.reduce_sum(probs[i] * gt[i])
            union = tf.reduce_sum(probs[i]) + tf.reduce_sum(gt[i]) - inter
            bce = -tf.reduce_mean(gt[i] * tf.math.log(probs[i]) + (1 - gt[i]) * tf.math.log(1 - probs[i]))
            total += 1.0 - inter / (union + 1e-7) + bce
        return total / n

    def candidate(batch):
        logits = tf.matmul(coeff, batch["proto"]) + bias
        pred = tf.sigmoid(logits)
        gt = tf.reshape(batch["masks"], (n, hw * hw))
        gt_area = tf.cast(tf.reduce_sum(gt, axis=1), pred.dtype)
        gt_float = tf.cast(gt, pred.dtype)
        intersection = tf.reduce_sum(pred * gt_float, axis=1)
        union = tf.reduce_sum(pred, axis=1) + gt_area - intersection
        iou = intersection / (union + 1e-7)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=gt_float, logits=logits)
        return tf.reduce_mean(1.0 - iou) + tf.reduce_mean(bce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"proto": rng.normal(size=(p, hw * hw)).astype(fx), "masks": masks},
            "variables": [coeff, bias]}
