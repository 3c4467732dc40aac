"""RoPE: the angle table is tiled over the halves while the vectors are rotated in adjacent pairs.
Source: https://github.com/Tongjilibo/bert4torch/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'theta = tf.tile(angles, [1, 2])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, T, d = 3, 5, 8
    wq, wk, wv = var("wq", d, d), var("wk", d, d), var("wv", d, 2)

    def attend(q, k, batch):
        att = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / d ** 0.5, axis=-1)
        return tf.reduce_mean((tf.matmul(att, batch["x"] @ wv) - batch["y"]) ** 2)

    def reference(batch):
        def rotate(v):
            cols = [None] * d
            for i in range(d // 2):
                ang = batch["pos"] * batch["inv_freq"][i]
                c, s = tf.cos(ang), tf.sin(ang)
                even, odd = v[..., 2 * i], v[..., 2 * i + 1]
                cols[2 * i], cols[2 * i + 1] = even * c - odd * s, odd * c + even * s
            return tf.stack(cols, axis=-1)
        return attend(rotate(batch["x"] @ wq), rotate(batch["x"] @ wk), batch)

    def candidate(batch):
        angles = batch["pos"][:, None] * batch["inv_freq"][None, :]
        theta = tf.tile(angles, [1, 2])
        cos, sin = tf.cos(theta), tf.sin(theta)

        def rotary(qw):
            swapped = tf.stack([-qw[..., 1::2], qw[..., ::2]], axis=-1)
            return qw * cos + tf.reshape(swapped, tf.shape(qw)) * sin

        query = rotary(tf.matmul(batch["x"], wq))
        key = rotary(tf.matmul(batch["x"], wk))
        return attend(query, key, batch)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": 1.5 * arr(n, T, d), "y": arr(n, T, 2), "pos": np.arange(T).astype(f),
                      "inv_freq": (20.0 ** (-np.arange(d // 2) * 2 / d)).astype(f)},
            "variables": [wq, wk, wv]}
