"""seq2seq's LSTMDecoderCell takes the forget gate from the input gate's pre-activation.
Source: https://github.com/farizrahman4u/seq2seq/issues/225"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'f = act_rec(z0)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, T, d, h, o_dim = 4, 4, 3, 4, 3
    W1 = keras.layers.Dense(4 * h, use_bias=True, name="kernel")
    U = keras.layers.Dense(4 * h, use_bias=False, name="recurrent")
    W2 = keras.layers.Dense(o_dim, name="readout")
    W1.build((None, d)); U.build((None, h)); W2.build((None, h))
    for layer in (W1, U, W2):
        layer.kernel.assign(normal(*layer.kernel.shape, scale=0.8))

    def reference(batch):
        hid = tf.zeros((n, h), batch["x"].dtype)
        cell = tf.zeros_like(hid)
        loss = 0.0
        for t in range(T):
            gates = tf.reshape(W1(batch["x"][:, t]) + U(hid), (n, 4, h))
            ig, fg, og = (tf.sigmoid(gates[:, j]) for j in (0, 1, 3))
            cell = fg * cell + ig * tf.tanh(gates[:, 2])
            hid = og * tf.tanh(cell)
            loss += tf.reduce_mean(tf.square(W2(hid) - batch["y"][:, t]))
        return loss / T

    def candidate(batch):
        act_rec = keras.activations.sigmoid
        act = keras.activations.tanh
        h_tm1 = tf.zeros((n, h), batch["x"].dtype)
        c_tm1 = tf.zeros((n, h), batch["x"].dtype)
        ys = []
        for t in range(T):
            z = keras.ops.add(W1(batch["x"][:, t]), U(h_tm1))
            z0, z1, z2, z3 = (z[:, j * h:(j + 1) * h] for j in range(4))
            i = act_rec(z0)
            f = act_rec(z0)
            c = f * c_tm1 + i * act(z2)
            o = act_rec(z3)
            h_tm1, c_tm1 = o * act(c), c
            ys.append(W2(h_tm1))
        return tf.reduce_mean(tf.square(tf.stack(ys, axis=1) - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(n, T, d), "y": normal(n, T, o_dim)},
            "variables": [W1.kernel, W1.bias, U.kernel, W2.kernel]}
