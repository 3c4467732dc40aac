"""The LSTM benchmark slices the output gate with [:, -hidden:]; reported as wrong, both slices are correct.
Source: https://github.com/pytorch/benchmark/issues/55"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, T, d, h = 3, 4, 3, 4
    i2h = tf.Variable(normal(d, 4 * h, scale=0.7), name="i2h")
    h2h = tf.Variable(normal(h, 4 * h, scale=0.7), name="h2h")

    def reference(batch):
        hid, c = tf.zeros((n, h), i2h.dtype), tf.zeros((n, h), i2h.dtype)
        for t in range(T):
            i, f, o, g = (batch["x"][:, t] @ i2h[:, j * h:(j + 1) * h] + hid @ h2h[:, j * h:(j + 1) * h] for j in (0, 1, 2, 3))
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            hid = tf.sigmoid(o) * tf.tanh(c)
        return tf.reduce_mean(tf.square(hid - batch["y"]))

    def candidate(batch):
        hidden = tf.zeros((n, h), i2h.dtype)
        cell = tf.zeros((n, h), i2h.dtype)
        for x in tf.unstack(batch["x"], axis=1):
            preact = x @ i2h + hidden @ h2h
            gates = tf.sigmoid(preact[:, :3 * h])
            g_t = tf.tanh(preact[:, 3 * h:])
            i_t = gates[:, :h]
            f_t = gates[:, h:2 * h]
            o_t = gates[:, -h:]
            cell = cell * f_t + i_t * g_t
            hidden = o_t * tf.tanh(cell)
        return tf.reduce_mean((hidden - batch["y"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(n, T, d), "y": normal(n, h)}, "variables": [i2h, h2h]}
