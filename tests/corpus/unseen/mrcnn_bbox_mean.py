"""Mask R-CNN's box loss averages over the four box coordinates too; the papers sum them for each box.
Source: https://github.com/matterport/Mask_RCNN/issues/786"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(loss)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, rois, d, k = 2, 5, 4, 3
    w = tf.Variable(rng.normal(size=(d, k * 4)).astype(fx), name="mrcnn_bbox")
    wc = tf.Variable(rng.normal(size=(d, k)).astype(fx), name="mrcnn_class")
    ids = rng.integers(0, k, size=(b, rois))
    ids[:, 0] = 1

    def reference(batch):
        pred = tf.reshape(tf.matmul(batch["feat"], w), [b, rois, k, 4])
        logits = tf.matmul(batch["feat"], wc)
        ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["ids"], logits=logits))
        per_box = []
        for i in range(b):
            for r in range(rois):
                c = int(batch["ids"][i, r])
                if c > 0:
                    x = tf.abs(pred[i, r, c] - batch["target"][i, r])
                    per_box.append(tf.reduce_sum(tf.where(x < 1.0, 0.5 * x * x, x - 0.5)))
        return ce + tf.add_n(per_box) / len(per_box)

    def candidate(batch):
        def smooth_l1_loss(y_true, y_pred):
            diff = tf.abs(y_true - y_pred)
            less_than_one = tf.cast(diff < 1.0, diff.dtype)
            return less_than_one * 0.5 * diff ** 2 + (1 - less_than_one) * (diff - 0.5)

        def mrcnn_bbox_loss_graph(target_bbox, target_class_ids, pred_bbox):
            target_class_ids = tf.reshape(target_class_ids, (-1,))
            target_bbox = tf.reshape(target_bbox, (-1, 4))
            pred_bbox = tf.reshape(pred_bbox, (-1, k, 4))
            positive_ix = tf.where(target_class_ids > 0)[:, 0]
            positive_cls = tf.cast(tf.gather(target_class_ids, positive_ix), tf.int64)
            indices = tf.stack([positive_ix, positive_cls], axis=1)
            loss = smooth_l1_loss(tf.gather(target_bbox, positive_ix), tf.gather_nd(pred_bbox, indices))
            return tf.reduce_mean(loss)

        logits = tf.reshape(tf.matmul(batch["feat"], wc), (-1, k))
        class_loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.reshape(batch["ids"], (-1,)), logits=logits)
        bbox_loss = mrcnn_bbox_loss_graph(batch["target"], batch["ids"], tf.matmul(batch["feat"], w))
        return tf.math.reduce_mean(class_loss) + bbox_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(b, rois, d)).astype(fx), "ids": ids.astype("int32"),
                      "target": rng.normal(size=(b, rois, 4)).astype(fx)},
            "variables": [w, wc]}
