"""The zoneout LSTM cell hands on the raw output instead of the zoned-out hidden state.
Source: https://github.com/rwth-i6/returnn/issues/1313"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'outputs.append(output)',
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

    n, T, d, u = 4, 5, 3, 4
    wx, wh, b, wo = var("wx", d, 4 * u), var("wh", u, 4 * u), var("b", 4 * u), var("wo", u, 1)

    def lstm(x, h, c):
        i, g, fg, o = tf.split(x @ wx + h @ wh + b, 4, axis=-1)
        c = tf.sigmoid(fg + 1.0) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c

    def reference(batch):
        h, c = tf.zeros([n, u], wx.dtype), tf.zeros([n, u], wx.dtype)
        total = 0.0
        for t in range(T):
            new_h, new_c = lstm(batch["x"][:, t], h, c)
            h = tf.where(batch["keep_h"][t] > 0, h, new_h)
            c = tf.where(batch["keep_c"][t] > 0, c, new_c)
            total += tf.reduce_mean((h @ wo - batch["y"][:, t]) ** 2)
        return total / T

    def candidate(batch):
        prev_h, prev_c = tf.zeros([n, u], wx.dtype), tf.zeros([n, u], wx.dtype)
        outputs = []
        for x, mask_h, mask_c in zip(tf.unstack(batch["x"], axis=1), batch["keep_h"], batch["keep_c"]):
            output, cell = lstm(x, prev_h, prev_c)
            prev_c = mask_c * prev_c + (1.0 - mask_c) * cell
            prev_h = mask_h * prev_h + (1.0 - mask_h) * output
            outputs.append(output)
        decoded = tf.einsum("btu,uo->bto", tf.stack(outputs, axis=1), wo)
        return tf.reduce_mean(tf.square(decoded - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": 1.5 * arr(n, T, d), "y": arr(n, T, 1), "keep_h": (rng.random((T, n, u)) < 0.4).astype(f),
                      "keep_c": (rng.random((T, n, u)) < 0.3).astype(f)},
            "variables": [wx, wh, b, wo]}
