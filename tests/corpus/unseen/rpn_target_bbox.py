"""rpn_bbox_loss takes the target deltas of every image from the first image of the batch. Source: https://github.com/soeaver/Pytorch_Mask_RCNN/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'packed.append(target_bbox[0, :counts[i]])',
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

    b, a, m, d = 3, 6, 3, 4
    feats = normal(b, a, d)
    match = np.array([[1, 0, -1, 1, 0, -1], [-1, 1, 1, 0, 1, -1], [0, 0, 1, -1, 0, -1]], dtype="int32")
    target = normal(b, m, 4)
    kernel = var("kernel", d, 4)
    bias = var("bias", 4)

    def reference(batch):
        pred = tf.einsum("bad,dk->bak", batch["feats"], kernel) + bias
        losses = []
        for i in range(b):
            slot = 0
            for j in range(a):
                if int(batch["match"][i, j]) == 1:
                    err = tf.abs(pred[i, j] - batch["target"][i, slot])
                    losses.append(tf.where(err < 1.0, 0.5 * err ** 2, err - 0.5))
                    slot += 1
        return tf.reduce_mean(tf.stack(losses))

    def candidate(batch):
        rpn_match, target_bbox = batch["match"], batch["target"]
        rpn_bbox = tf.tensordot(batch["feats"], kernel, 1) + bias
        indices = tf.where(tf.equal(rpn_match, 1))
        selected = tf.gather_nd(rpn_bbox, indices)
        counts = tf.reduce_sum(tf.cast(tf.equal(rpn_match, 1), tf.int32), axis=1)
        packed = []
        for i in range(b):
            packed.append(target_bbox[0, :counts[i]])
        packed = tf.concat(packed, axis=0)
        diff = tf.abs(packed - selected)
        less_than_one = tf.cast(diff < 1.0, diff.dtype)
        return tf.reduce_mean(less_than_one * 0.5 * diff ** 2 + (1.0 - less_than_one) * (diff - 0.5))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": feats, "match": match, "target": target}, "variables": [kernel, bias]}
