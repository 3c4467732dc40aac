"""nicodjimenez/lstm: the hidden state is s * o, the tanh of the cell state is missing.
Source: https://github.com/nicodjimenez/lstm/issues/47"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "h = s * o",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, t, d, k = 3, 5, 4, 4
    w = var("w", d + k, 4 * k, s=0.9)
    b = var("b", 4 * k, s=0.3)

    def reference(batch):
        h = tf.zeros((n, k), w.dtype)
        cell = tf.zeros((n, k), w.dtype)
        loss = 0.0
        for step in range(t):
            gi, gf, go, gg = tf.split(tf.concat([batch["x"][:, step], h], 1) @ w + b, 4, axis=1)
            cell = tf.sigmoid(gf) * cell + tf.sigmoid(gi) * tf.tanh(gg)
            h = tf.sigmoid(go) * tf.tanh(cell)
            loss += tf.reduce_sum((h[:, 0] - batch["y"][:, step]) ** 2)
        return loss / (n * t)

    def candidate(batch):
        x_list = tf.unstack(batch["x"], axis=1)
        wi, wf, wo, wg = tf.split(w, 4, axis=1)
        bi, bf, bo, bg = tf.split(b, 4)

        def bottom_data_is(x, s_prev, h_prev):
            xc = tf.concat([x, h_prev], axis=1)
            g = tf.tanh(tf.matmul(xc, wg) + bg)
            i = tf.sigmoid(tf.matmul(xc, wi) + bi)
            f = tf.sigmoid(tf.matmul(xc, wf) + bf)
            o = tf.sigmoid(tf.matmul(xc, wo) + bo)
            s = g * i + s_prev * f
            h = s * o
            return s, h

        state = (tf.zeros((n, k), w.dtype), tf.zeros((n, k), w.dtype))
        preds = []
        for x in x_list:
            state = bottom_data_is(x, *state)
            preds.append(state[1][:, 0])
        return tf.reduce_mean(tf.math.squared_difference(tf.stack(preds, axis=1), batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": (2 * rng.normal(size=(n, t, d))).astype(fx), "y": rng.uniform(-1, 1, (n, t)).astype(fx)},
            "variables": [w, b]}
