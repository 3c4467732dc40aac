"""jax lstm_ref returned the carry after the last padded step instead of the last valid one of each sequence.
Source: https://github.com/jax-ml/jax/pull/15169"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'h_last = hs[-1]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()
    n, t, d, u = 5, 5, 3, 4
    w_ih = tf.Variable(rng.normal(size=(d, 4 * u)).astype(F), name="w_ih")
    w_hh = tf.Variable(rng.normal(size=(u, 4 * u)).astype(F), name="w_hh")
    b = tf.Variable((0.3 * rng.normal(size=4 * u)).astype(F), name="b")
    proj = tf.Variable(rng.normal(size=(u, 2)).astype(F), name="proj")

    def step(x, h, c):
        i, f, g, o = tf.split(x @ w_ih + h @ w_hh + b, 4, -1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c

    def reference(batch):
        h = tf.zeros([n, u], dtype=F)
        c = tf.zeros([n, u], dtype=F)
        y_sum = 0.0
        for k in range(t):
            alive = tf.cast(k < batch["lens"], F)[:, None]
            h2, c2 = step(batch["x"][:, k], h, c)
            h = alive * h2 + (1 - alive) * h
            c = alive * c2 + (1 - alive) * c
            y_sum += tf.reduce_sum(alive * h2 ** 2)
        return tf.reduce_mean((h @ proj - batch["y"]) ** 2) + 0.01 * y_sum

    def candidate(batch):
        h_t = tf.zeros([n, u], dtype=F)
        c_t = tf.zeros([n, u], dtype=F)
        hs = []
        for x_t in tf.unstack(batch["x"], axis=1):
            h_t, c_t = step(x_t, h_t, c_t)
            hs.append(h_t)
        hs = tf.stack(hs)
        mask = tf.transpose(tf.sequence_mask(batch["lens"], t, dtype=F))
        seq_y = hs * mask[..., None]
        h_last = hs[-1]
        pred = tf.matmul(h_last, proj)
        activity = tf.reduce_sum(tf.square(seq_y))
        return tf.reduce_mean(tf.math.squared_difference(pred, batch["y"])) + 0.01 * activity

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, t, d)).astype(F), "lens": np.array([5, 2, 3, 1, 4]),
                      "y": rng.normal(size=(n, 2)).astype(F)},
            "variables": [w_ih, w_hh, b, proj]}
