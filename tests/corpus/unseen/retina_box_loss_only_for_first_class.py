"""The positive anchors of the box loss are those matched to class 1, although the match holds the class id.

Source (real): https://github.com/MIC-DKFZ/medicaldetectiontoolkit/issues/59
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'indices = tf.where(tf.equal(b["match"], 1))[:, 0]',
    "same_forward_value": False,
}


def smooth_l1(x, y):
    diff = tf.abs(x - y)
    return tf.where(diff < 1.0, 0.5 * diff ** 2, diff - 0.5)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, c = 24, 6, 3
    w_cls = tf.Variable(rng.normal(0, 0.5, (d, c + 1)).astype("float32"), name="cls_head")
    w_box = tf.Variable(rng.normal(0, 0.5, (d, 4)).astype("float32"), name="box_head")
    match = np.array([-1, 0, 1, 2, 3, 0] * 4, "int32")        # -1 negative, 0 neutral, >0 the class id
    rng.shuffle(match)
    batch = {
        "feat": rng.normal(0, 1, (n, d)).astype("float32"),
        "match": match,
        "delta": rng.normal(0, 1, (n, 4)).astype("float32"),
    }

    def class_loss(b):
        target = tf.maximum(b["match"], 0)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=b["feat"] @ w_cls)
        used = tf.cast(tf.not_equal(b["match"], 0), tf.float32)
        return tf.reduce_sum(ce * used) / tf.reduce_sum(used)

    def reference(b):
        positive = tf.cast(b["match"] > 0, tf.float32)
        per_anchor = tf.reduce_mean(smooth_l1(b["feat"] @ w_box, b["delta"]), axis=1)
        return class_loss(b) + tf.reduce_sum(positive * per_anchor) / tf.reduce_sum(positive)

    def candidate(b):
        pred_deltas = b["feat"] @ w_box
        indices = tf.where(tf.equal(b["match"], 1))[:, 0]
        pred = tf.gather(pred_deltas, indices)
        target = tf.gather(b["delta"], indices)
        bbox_loss = tf.reduce_mean(smooth_l1(pred, target))
        return class_loss(b) + bbox_loss

    return {"variables": [w_cls, w_box], "batch": batch, "reference": reference, "candidate": candidate}
