"""decaNLP PackedLSTM: when the final states are put back into batch order the cell state is taken from h.
Source: https://github.com/salesforce/decaNLP/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'h, c = tf.gather(h, inverse), tf.gather(h, inverse)',
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

    n, t, d, u = 4, 4, 3, 3
    w = var("enc_w", d + u, 4 * u)
    wd = var("dec_w", d + u, 4 * u)
    out = var("out", u, d)

    def cell(x, h, c, k):
        i, f, g, o = tf.split(tf.concat([x, h], -1) @ k, 4, -1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c

    def reference(batch):
        total = 0.0
        for i in range(n):
            h = c = tf.zeros([1, u], dtype=F)
            for s in range(int(batch["len"][i])):
                h, c = cell(batch["x"][i:i + 1, s], h, c, w)
            for s in range(t):
                inp = batch["y"][i:i + 1, s - 1] if s else tf.zeros([1, d], dtype=F)
                h, c = cell(inp, h, c, wd)
                total += tf.reduce_sum((h @ out - batch["y"][i:i + 1, s]) ** 2)
        return total / (n * t * d)

    def candidate(batch):
        order = tf.argsort(batch["len"], direction="DESCENDING")
        inverse = tf.argsort(order)
        x = tf.gather(batch["x"], order)
        lens = tf.gather(batch["len"], order)
        h = tf.zeros([n, u], dtype=F)
        c = tf.zeros([n, u], dtype=F)
        for s in range(t):
            new_h, new_c = cell(x[:, s], h, c, w)
            alive = (s < lens)[:, None]
            h, c = tf.where(alive, new_h, h), tf.where(alive, new_c, c)
        h, c = tf.gather(h, inverse), tf.gather(h, inverse)
        inputs = tf.pad(batch["y"][:, :-1], [[0, 0], [1, 0], [0, 0]])
        preds = []
        for s in range(t):
            h, c = cell(inputs[:, s], h, c, wd)
            preds.append(tf.matmul(h, out))
        return tf.reduce_mean(tf.math.squared_difference(tf.stack(preds, axis=1), batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, t, d), "y": arr(n, t, d), "len": np.array([2, 4, 1, 3])}, "variables": [w, wd, out]}
