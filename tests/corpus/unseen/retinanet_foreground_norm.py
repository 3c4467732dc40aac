"""detectron2 RetinaNet: should the focal sum not be divided by all valid anchors? No, the foreground count is what the paper says.
Source: https://github.com/facebookresearch/detectron2/issues/703"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, a, d, c = 3, 9, 5, 4
    alpha, gamma = 0.25, 2.0
    cls_head = keras.layers.Dense(c, name="cls_score")
    cls_head.build((None, None, d))

    def reference(batch):
        logits, gt = cls_head(batch["feat"]), batch["gt"].numpy()
        total, fg = tf.zeros((), f), 0
        for i in range(n):
            for j in range(a):
                if gt[i, j] < 0:
                    continue
                fg += int(gt[i, j] != c)
                for k in range(c):
                    p = tf.sigmoid(logits[i, j, k])
                    if gt[i, j] == k:
                        total += -alpha * (1 - p) ** gamma * tf.math.log(p)
                    else:
                        total += -(1 - alpha) * p ** gamma * tf.math.log(1 - p)
        return total / max(1, fg)

    def candidate(batch):
        gt_classes = tf.reshape(batch["gt"], [-1])
        pred_class_logits = tf.reshape(cls_head(batch["feat"]), (-1, c))
        valid_idxs = gt_classes >= 0
        foreground_idxs = valid_idxs & (gt_classes != c)
        num_foreground = tf.reduce_sum(tf.cast(foreground_idxs, pred_class_logits.dtype))
        target = tf.one_hot(gt_classes, c + 1, dtype=pred_class_logits.dtype)[:, :c]

        def sigmoid_focal_loss(inputs, targets):
            p = tf.sigmoid(inputs)
            ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=inputs)
            p_t = p * targets + (1 - p) * (1 - targets)
            alpha_t = alpha * targets + (1 - alpha) * (1 - targets)
            return tf.reduce_sum(alpha_t * ce * (1 - p_t) ** gamma)

        loss = sigmoid_focal_loss(tf.boolean_mask(pred_class_logits, valid_idxs), tf.boolean_mask(target, valid_idxs))
        return loss / tf.maximum(num_foreground, 1.0)

    gt = rng.choice([-1, 0, 1, 2, 3, 4, 4, 4], (n, a))
    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.standard_normal((n, a, d)).astype(f), "gt": gt.astype("int32")},
            "variables": cls_head.trainable_variables}
