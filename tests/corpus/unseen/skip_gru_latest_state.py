"""LSTNet's skip-GRU should update from the hidden state p steps back; the layer takes the most recent one.
Source: https://github.com/sdobber/FluxArchitectures.jl/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'h_prev = self.history[-1]',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, T, d, H, p = 13, 6, 3, 4, 2
    wx = tf.Variable(0.6 * rng.normal(size=(d, 3 * H)), dtype=f, name="wx")
    wh = tf.Variable(0.6 * rng.normal(size=(H, 3 * H)), dtype=f, name="wh")
    b = tf.Variable(0.1 * rng.normal(size=(3 * H,)), dtype=f, name="b")
    out = tf.Variable(rng.normal(size=(H, 1)), dtype=f, name="out")
    batch = {"x": rng.normal(size=(n, T, d)).astype(f), "y": rng.normal(size=(n, T)).astype(f)}

    def reference(batch):
        # p interleaved sequences, each an ordinary GRU
        x = tf.reshape(batch["x"], (n, T // p, p, d))
        h = tf.zeros((n, p, H), f)
        states = []
        for s in range(T // p):
            gx = tf.tensordot(x[:, s], wx, 1) + b
            gh = tf.tensordot(h, wh, 1)
            r = tf.sigmoid(gx[..., :H] + gh[..., :H])
            z = tf.sigmoid(gx[..., H:2 * H] + gh[..., H:2 * H])
            c = tf.tanh(gx[..., 2 * H:] + r * gh[..., 2 * H:])
            h = (1.0 - z) * c + z * h
            states.append(h)
        hs = tf.reshape(tf.stack(states, axis=1), (n, T, H))
        return tf.reduce_mean((tf.tensordot(hs, out, 1)[..., 0] - batch["y"]) ** 2)

    def candidate(batch):
        class SkipGRU:
            def __init__(self, skip):
                self.skip = skip
                self.history = [tf.zeros((n, H), f) for _ in range(skip)]

            def cell(self, h, x):
                xr, xz, xc = tf.split(tf.matmul(x, wx) + b, 3, axis=-1)
                hr, hz, hc = tf.split(tf.matmul(h, wh), 3, axis=-1)
                reset, update = tf.nn.sigmoid(xr + hr), tf.nn.sigmoid(xz + hz)
                new = tf.nn.tanh(xc + reset * hc)
                return new + update * (h - new)

            def __call__(self, x):
                h_prev = self.history[-1]
                h = self.cell(h_prev, x)
                self.history.append(h)
                return h

        layer, loss = SkipGRU(p), []
        for t in range(T):
            y_hat = tf.squeeze(tf.matmul(layer(batch["x"][:, t, :]), out), axis=1)
            loss.append(tf.reduce_mean(tf.square(batch["y"][:, t] - y_hat)))
        return tf.add_n(loss) / T

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wx, wh, b, out]}
