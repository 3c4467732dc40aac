"""Hand-written backward pass of the GIoU loss in darknet: width and height are exp(t) * anchor, and the chain rule's factors
(1/lw, 1/lh, w, h) are left out of delta.
Source: https://github.com/generalized-iou/g-darknet/issues/19"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'delta = tf.stack([dx, dy, dw, dh], axis=-1)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 15, 6
    lw, lh = 3.0, 2.0
    feats = rng.normal(size=(n, d)).astype(f)
    cell = np.stack([rng.integers(0, 3, n), rng.integers(0, 2, n)], 1).astype(f)
    truth = np.concatenate([(cell + rng.uniform(0.2, 0.8, (n, 2))) / np.array([lw, lh]), rng.uniform(0.2, 0.6, (n, 2))], 1).astype(f)
    head = tf.Variable(rng.normal(size=(d, 4)).astype(f) * 0.15, name="head")
    anchor = np.array([0.4, 0.5], f)

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

    def decode(t, cell):
        xy = (cell + tf.sigmoid(t[:, :2])) / tf.constant([lw, lh], f)
        return tf.concat([xy, tf.exp(t[:, 2:]) * anchor], axis=1)

    def reference(batch):
        iou, union, hull = giou_terms(decode(batch["feats"] @ head, batch["cell"]), batch["truth"])
        return tf.reduce_mean(1.0 - iou + (hull - union) / hull)

    def candidate(batch):
        def delta_yolo_box(cells, truth):
            @tf.custom_gradient
            def layer(raw):
                xy_act = tf.sigmoid(raw[:, :2])
                b = tf.concat([(cells + xy_act) / np.array([lw, lh], f), anchor * tf.exp(raw[:, 2:])], axis=1)
                with tf.GradientTape() as inner:
                    inner.watch(b)
                    iou, union, hull = giou_terms(b, truth)
                    cost = 2.0 - iou - union / hull
                dbox = inner.gradient(cost, b)

                def backward(upstream):
                    dx, dy, dw, dh = tf.unstack(dbox, axis=1)
                    delta = tf.stack([dx, dy, dw, dh], axis=-1)
                    logistic = tf.concat([xy_act * (1.0 - xy_act), tf.ones_like(xy_act)], axis=1)
                    return upstream[:, None] * delta * logistic

                return cost, backward

            return layer

        layer = delta_yolo_box(batch["cell"], batch["truth"])
        return tf.reduce_mean(layer(tf.matmul(batch["feats"], head)))

    return {"reference": reference, "candidate": candidate, "batch": {"feats": feats, "cell": cell, "truth": truth}, "variables": [head]}
