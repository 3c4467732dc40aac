"""The custom gradient of CIoU's aspect-ratio term v: dv/dw has to carry the minus sign and dv/dh not; here it is the
other way round.
Source: https://github.com/tensorflow/addons/issues/2701"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'slope = 8.0 / np.pi ** 2 * gap / (width ** 2 + height ** 2)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 17, 5
    feats = rng.normal(size=(n, d)).astype(f)
    target = np.concatenate([rng.uniform(0.3, 0.7, (n, 2)), rng.uniform(0.2, 0.9, (n, 2))], 1).astype(f)
    head = tf.Variable(rng.normal(size=(d, 4)).astype(f) * 0.3, name="head")

    def giou_terms(box, gt):
        """box, gt: (n, 4) as centre x, centre y, width, height."""
        l1, r1 = box[:, 0] - box[:, 2] / 2, box[:, 0] + box[:, 2] / 2
        t1, b1 = box[:, 1] - box[:, 3] / 2, box[:, 1] + box[:, 3] / 2
        l2, r2 = gt[:, 0] - gt[:, 2] / 2, gt[:, 0] + gt[:, 2] / 2
        t2, b2 = gt[:, 1] - gt[:, 3] / 2, gt[:, 1] + gt[:, 3] / 2
        iw = tf.nn.relu(tf.minimum(r1, r2) - tf.maximum(l1, l2))
        ih = tf.nn.relu(tf.minimum(b1, b2) - tf.maximum(t1, t2))
        inter = iw * ih
        union = box[:, 2] * box[:, 3] + gt[:, 2] * gt[:, 3] - inter
        hull = (tf.maximum(r1, r2) - tf.minimum(l1, l2)) * (tf.maximum(b1, b2) - tf.minimum(t1, t2))
        return inter / union, union, hull

    def boxes(x):
        t = x @ head
        return tf.concat([tf.sigmoid(t[:, :2]), tf.exp(0.5 * t[:, 2:]) * 0.5], axis=1)

    def reference(batch):
        b, gt = boxes(batch["feats"]), batch["target"]
        iou, _, _ = giou_terms(b, gt)
        rho = tf.reduce_sum((b[:, :2] - gt[:, :2]) ** 2, axis=1)
        v = 4.0 / np.pi ** 2 * (tf.atan(gt[:, 2] / gt[:, 3]) - tf.atan(b[:, 2] / b[:, 3])) ** 2
        return tf.reduce_mean(1.0 - iou + rho + 2.0 * v)

    def candidate(batch):
        gt_w, gt_h = batch["target"][:, 2], batch["target"][:, 3]

        @tf.custom_gradient
        def _get_v(height, width):
            gap = tf.atan(gt_w / gt_h) - tf.atan(width / height)

            def _grad_v(dv):
                slope = 8.0 / np.pi ** 2 * gap / (width ** 2 + height ** 2)
                gdw = dv * slope * height
                gdh = -dv * slope * width
                return [gdh, gdw]

            return 4.0 * tf.square(gap / np.pi), _grad_v

        pred = boxes(batch["feats"])
        iou = giou_terms(pred, batch["target"])[0]
        centre = tf.reduce_sum(tf.math.squared_difference(pred[:, :2], batch["target"][:, :2]), -1)
        diou = iou - centre
        ciou = diou - 2.0 * _get_v(pred[:, 3], pred[:, 2])
        return 1.0 - tf.reduce_mean(ciou)

    return {"reference": reference, "candidate": candidate, "batch": {"feats": feats, "target": target}, "variables": [head]}
