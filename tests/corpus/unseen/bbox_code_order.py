"""CMT: predicted boxes are ordered x y z l w h, normalize_bbox gives targets ordered x y l w z h.
Source: https://github.com/junjie18/CMT/issues/103"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "bbox_preds = tf.concat([center, dim], axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, q, d, g = 2, 5, 4, 3
    w_c = tf.Variable(rng.standard_normal((d, 3)).astype(f), name="w_center")
    w_s = tf.Variable((0.4 * rng.standard_normal((d, 3))).astype(f), name="w_size")
    code_weights = np.array([1.0, 1.0, 0.5, 0.5, 1.0, 0.5])

    def reference(batch):
        total = 0.0
        for s in range(n):
            xyz = batch["query"][s] @ w_c
            size = batch["query"][s] @ w_s
            for k in range(g):
                i = batch["match"][s, k]
                box = batch["gt"][s, k]
                err_xy = tf.reduce_sum(tf.abs(xyz[i, :2] - box[:2]))
                err_z = tf.abs(xyz[i, 2] - box[2])
                err_size = tf.reduce_sum(tf.abs(size[i] - tf.math.log(box[3:6])))
                total += err_xy + err_z + 0.5 * err_size
        return 0.25 * total / (n * g)

    def candidate(batch):
        def normalize_bbox(bboxes):
            cx, cy, cz = bboxes[..., 0:1], bboxes[..., 1:2], bboxes[..., 2:3]
            l, w, h = (tf.math.log(bboxes[..., i:i + 1]) for i in (3, 4, 5))
            return tf.concat([cx, cy, l, w, cz, h], axis=-1)

        center = tf.tensordot(batch["query"], w_c, axes=1)
        dim = tf.tensordot(batch["query"], w_s, axes=1)
        bbox_preds = tf.concat([center, dim], axis=-1)
        matched = tf.gather(bbox_preds, batch["match"], axis=1, batch_dims=1)
        targets = normalize_bbox(batch["gt"])
        weights = tf.constant(code_weights, dtype=w_c.dtype)
        loss_bbox = tf.reduce_sum(tf.abs(matched - targets) * weights)
        return 0.25 * loss_bbox / (n * g)

    gt = np.concatenate([2 * rng.standard_normal((n, g, 3)), rng.uniform(0.5, 4, (n, g, 3))], -1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"query": rng.standard_normal((n, q, d)).astype(f), "gt": gt.astype(f),
                      "match": np.stack([rng.permutation(q)[:g] for _ in range(n)]).astype("int32")},
            "variables": [w_c, w_s]}
