"""GRU new gate: the reset gate multiplies the hidden state before the hidden projection, whereas the PyTorch form
multiplies the projected hidden state. Source: https://github.com/tracel-ai/burn/pull/2704"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "new_h = tf.matmul(reset * hidden, w_h[:, 2 * hid:]) + b_h[2 * hid:]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, d, hid = 4, 4, 3, 5
    w_x = tf.Variable(rng.normal(size=(d, 3 * hid)).astype(fx), name="w_x")
    w_h = tf.Variable(rng.normal(size=(hid, 3 * hid)).astype(fx), name="w_h")
    b_x = tf.Variable(rng.normal(size=3 * hid).astype(fx), name="b_x")
    b_h = tf.Variable(rng.normal(size=3 * hid).astype(fx), name="b_h")

    def reference(batch):
        h = batch["h0"]
        total = 0.0
        for step in range(t):
            xr, xz, xn = tf.split(batch["x"][:, step] @ w_x + b_x, 3, axis=1)
            hr, hz, hn = tf.split(h @ w_h + b_h, 3, axis=1)
            r, z = tf.sigmoid(xr + hr), tf.sigmoid(xz + hz)
            h = z * h + (1 - z) * tf.tanh(xn + r * hn)
            total += tf.reduce_sum((h - batch["target"][:, step]) ** 2)
        return total / (n * t)

    def candidate(batch):
        hidden = batch["h0"]
        outputs = []
        for step in range(t):
            gates_x = tf.matmul(batch["x"][:, step], w_x) + b_x
            gates_h = tf.matmul(hidden, w_h[:, :2 * hid]) + b_h[:2 * hid]
            reset = tf.sigmoid(gates_x[:, :hid] + gates_h[:, :hid])
            update = tf.sigmoid(gates_x[:, hid:2 * hid] + gates_h[:, hid:])
            new_h = tf.matmul(reset * hidden, w_h[:, 2 * hid:]) + b_h[2 * hid:]
            new = tf.tanh(gates_x[:, 2 * hid:] + new_h)
            hidden = (1.0 - update) * new + update * hidden
            outputs.append(hidden)
        err = tf.stack(outputs, axis=1) - batch["target"]
        return tf.reduce_mean(tf.reduce_sum(tf.square(err), axis=-1))

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "x": rng.normal(size=(n, t, d)).astype(fx),
            "h0": rng.normal(size=(n, hid)).astype(fx),
            "target": rng.uniform(-1, 1, size=(n, t, hid)).astype(fx),
        },
        "variables": [w_x, w_h, b_x, b_h],
    }
