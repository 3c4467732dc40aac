"""I2D-Loc: the predicted flow is made integer to look up points for the BPnP loss, so the pose loss does not reach the flow
network at all.
Source: https://github.com/EasonChen99/I2D-Loc/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "uv = tf.cast(tf.cast(uv, tf.int32), f)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 21, 6
    flow_head = tf.Variable((rng.normal(size=(d, 2)) * 2).astype(f), name="flow_head")
    conf_head = tf.Variable(rng.normal(size=(d,)).astype(f) * 0.4, name="confidence_head")
    batch = {
        "feature": rng.normal(size=(n, d)).astype(f),
        "pixel": rng.uniform(45, 70, size=(n, 2)).astype(f),
        "points": np.concatenate([rng.normal(size=(n, 2)), rng.uniform(3, 6, size=(n, 1))], axis=1).astype(f),
    }
    focal, cx, cy = 30.0, 20.0, 18.0

    def reference(batch):
        loss = 0.0
        conf = tf.sigmoid(tf.einsum("nd,d->n", batch["feature"], conf_head))
        conf = conf / tf.reduce_sum(conf)
        u = batch["pixel"] + tf.einsum("nd,dk->nk", batch["feature"], flow_head)
        p = batch["points"]
        for axis, c in ((0, cx), (1, cy)):
            residual = u[:, axis] - (focal * p[:, axis] / p[:, 2] + c)
            loss += tf.reduce_sum(conf * tf.sqrt(1.0 + tf.square(residual)))
        return loss

    def project(points):
        xy = points[:, :2] / points[:, 2:]
        return xy * focal + tf.constant([cx, cy], dtype=f)

    def robust(r):
        return tf.sqrt(tf.square(r) + 1.0)

    def candidate(batch):
        flow_up = batch["feature"] @ flow_head
        score = tf.sigmoid(tf.linalg.matvec(batch["feature"], conf_head))
        weights = score / tf.reduce_sum(score)
        uv = batch["pixel"] + flow_up
        uv = tf.cast(tf.cast(uv, tf.int32), f)
        pts2d_gt = project(batch["points"])
        return tf.reduce_sum(weights[:, None] * robust(uv - pts2d_gt))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [flow_head, conf_head]}
