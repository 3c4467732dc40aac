"""The gradient vanishes after the soft-argmax, because of the large alpha (1000) that is
introduced in the implementation. Source: https://github.com/Fdevmsy/PyTorch-Soft-Argmax/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": 'alpha = 1000.0',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, j, h, w, c = 3, 2, 4, 4, 3
    temp = 0.5
    conv = var("conv", 3, 3, c, j)
    image = rng.standard_normal((n, h, w, c)).astype(fx)
    xy = rng.uniform(0, 3, (n, j, 2)).astype(fx)
    visible = np.array([[1, 1], [1, 0], [1, 1]]).astype(fx)

    def reference(batch):
        maps = tf.nn.conv2d(batch["image"], conv, 1, "SAME")
        loss = 0.0
        for i in range(n):
            for p in range(j):
                prob = tf.reshape(tf.nn.softmax(tf.reshape(temp * maps[i, :, :, p], [-1])), [h, w])
                ex = tf.reduce_sum(tf.reduce_sum(prob, 0) * tf.range(w, dtype=prob.dtype))
                ey = tf.reduce_sum(tf.reduce_sum(prob, 1) * tf.range(h, dtype=prob.dtype))
                d = (ex - batch["xy"][i, p, 0]) ** 2 + (ey - batch["xy"][i, p, 1]) ** 2
                loss += batch["visible"][i, p] * d
        return loss / tf.reduce_sum(batch["visible"])

    def candidate(batch):
        heat = tf.transpose(tf.nn.conv2d(batch["image"], conv, 1, "SAME"), [0, 3, 1, 2])
        alpha = 1000.0
        soft = tf.nn.softmax(alpha * tf.reshape(heat, [n, j, h * w]), axis=-1)
        grid = tf.range(h * w, dtype=soft.dtype)
        gx = tf.math.floormod(grid, tf.cast(w, soft.dtype))
        gy = tf.math.floordiv(grid, tf.cast(w, soft.dtype))
        coords = tf.stack([tf.reduce_sum(soft * gx, -1), tf.reduce_sum(soft * gy, -1)], axis=-1)
        sq = tf.reduce_sum(tf.square(coords - batch["xy"]), axis=-1)
        vis = batch["visible"]
        return tf.reduce_sum(vis * sq) / tf.reduce_sum(vis)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": image, "xy": xy, "visible": visible}, "variables": [conv]}
