"""The width and height of the decoded box are not multiplied with the anchor of their slot. Source: https://github.com/yjh0410/yolov2-yolov3_PyTorch/pull/23"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'wh = tf.exp(t[..., 2:4])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, s, a, d, stride = 2, 2, 2, 3, 8.0
    feats = normal(b, s, s, d)
    anchors = np.array([[1.5, 2.5], [3.0, 1.2]], dtype=fx)
    obj = (rng.random((b, s, s, a)) < 0.5).astype(fx)
    obj[0, 0, 0, 0] = obj[1, 1, 1, 1] = 1
    gt = (20 + 3 * rng.standard_normal((b, s, s, a, 4))).astype(fx)
    kernel = var("kernel", d, a * 4, scale=0.3)

    def reference(batch):
        total, n_obj = 0.0, 0.0
        for i in range(b):
            for r in range(s):
                for c in range(s):
                    out = tf.reshape(batch["feats"][i, r, c][None] @ kernel, [a, 4])
                    for k in range(a):
                        cx = (tf.sigmoid(out[k, 0]) + float(c)) * stride
                        cy = (tf.sigmoid(out[k, 1]) + float(r)) * stride
                        bw = batch["anchors"][k, 0] * tf.exp(out[k, 2]) * stride
                        bh = batch["anchors"][k, 1] * tf.exp(out[k, 3]) * stride
                        err = tf.stack([cx, cy, bw, bh]) - batch["gt"][i, r, c, k]
                        total += batch["obj"][i, r, c, k] * tf.reduce_sum(err ** 2)
                        n_obj += batch["obj"][i, r, c, k]
        return total / n_obj

    def candidate(batch):
        t = tf.reshape(tf.einsum("bhwd,dk->bhwk", batch["feats"], kernel), [b, s, s, a, 4])
        gy, gx = np.meshgrid(np.arange(s), np.arange(s), indexing="ij")
        grid = tf.constant(np.stack([gx, gy], -1)[None, :, :, None, :], t.dtype)
        anchor_wh = tf.reshape(batch["anchors"], [1, 1, 1, a, 2])
        xy = tf.sigmoid(t[..., 0:2]) + grid
        wh = tf.exp(t[..., 2:4])
        boxes = tf.concat([xy, wh], axis=-1) * stride
        scale = tf.ones_like(anchor_wh[..., :1]) * batch["obj"][..., None]
        return tf.reduce_sum(scale * tf.square(boxes - batch["gt"])) / tf.reduce_sum(batch["obj"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": feats, "anchors": anchors, "obj": obj, "gt": gt}, "variables": [kernel]}
