"""CMOS: features are cut into windows by a bare view, without the permute of Swin's window_partition, and the map
is misaligned.
Source: https://github.com/ByChelsea/CMOS/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'win = tf.reshape(feat, [-1, ws * ws, c])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    b, hw, ws, c = 2, 4, 2, 3
    embed = var("embed", 3, c)
    qkv = var("qkv", c, 3 * c)
    head = var("head", c, 1)

    def attend(tokens):
        q, k, v = tf.split(tokens @ qkv, 3, -1)
        p = tf.nn.softmax(q @ tf.linalg.matrix_transpose(k) / c ** 0.5, -1)
        return p @ v

    def reference(batch):
        x = batch["img"] @ embed
        rows = []
        for i in range(0, hw, ws):
            cols = []
            for j in range(0, hw, ws):
                blk = tf.reshape(x[:, i:i + ws, j:j + ws], [b, ws * ws, c])
                cols.append(tf.reshape(attend(blk), [b, ws, ws, c]))
            rows.append(tf.concat(cols, 2))
        y = x + tf.concat(rows, 1)
        return tf.reduce_mean(((y @ head)[..., 0] - batch["blur"]) ** 2)

    def candidate(batch):
        feat = tf.einsum("bhwi,ic->bhwc", batch["img"], embed)
        shortcut = feat
        win = tf.reshape(feat, [-1, ws * ws, c])
        out = attend(win)
        nh = hw // ws
        out = tf.reshape(out, [b, nh, nh, ws, ws, c])
        out = tf.reshape(tf.transpose(out, [0, 1, 3, 2, 4, 5]), [b, hw, hw, c])
        pred = tf.squeeze(tf.matmul(shortcut + out, head), axis=-1)
        return tf.reduce_mean(tf.math.squared_difference(pred, batch["blur"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": arr(b, hw, hw, 3), "blur": arr(b, hw, hw)}, "variables": [embed, qkv, head]}
