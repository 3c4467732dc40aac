"""Mask tools: an RGB uint8 instance image is multiplied by 2**8 and 2**16 to get instance ids, which uint8 cannot hold;
here the ids feed a pull/push embedding loss. Source: https://github.com/open-edge-platform/datumaro/issues/317"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "base = tf.cast([1, 256, 65536], img.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, d, h, margin = 8, 3, 3, 1.5
    w = tf.Variable(f(d, h), name="embed")

    def reference(batch):
        z = batch["x"] @ w
        rgb = tf.cast(batch["img"], tf.int32)
        pull, push, pulls, pushes = 0.0, 0.0, 0, 0
        for i in range(n):
            for j in range(n):
                if i == j:
                    continue
                d2 = tf.reduce_sum((z[i] - z[j]) ** 2)
                if bool(tf.reduce_all(rgb[i] == rgb[j])):
                    pull, pulls = pull + d2, pulls + 1
                else:
                    push, pushes = push + tf.nn.relu(margin - d2), pushes + 1
        return pull / pulls + push / pushes

    def candidate(batch):
        def bgr2index(img):
            base = tf.cast([1, 256, 65536], img.dtype)
            return tf.reduce_sum(tf.cast(img * base, tf.int32), axis=-1)

        ids = bgr2index(batch["img"])
        emb = tf.matmul(batch["x"], w)
        dist = tf.reduce_sum(tf.square(emb[:, None, :] - emb[None, :, :]), axis=-1)
        off = 1.0 - tf.eye(n, dtype=fx)
        same = tf.cast(ids[:, None] == ids[None, :], fx) * off
        diff = off - same
        pull = tf.reduce_sum(same * dist) / tf.reduce_sum(same)
        push = tf.reduce_sum(diff * tf.nn.relu(margin - dist)) / tf.maximum(tf.reduce_sum(diff), 1.0)
        return pull + push

    colours = np.array([[10, 0, 1], [10, 7, 1], [10, 7, 9], [30, 7, 0]], dtype="uint8")
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": 0.6 * f(n, d), "img": colours[np.array([0, 1, 2, 3, 0, 1, 2, 3])]}, "variables": [w]}
