"""Peephole ConvLSTM: the output gate looks at the cell state of the previous step, not at the new one.

Source (real): https://github.com/KimUyen/ConvLSTM-Pytorch/issues/1 (PyTorch, ported; c_cur where the formula has c_next, confirmed by the author).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "o = tf.sigmoid(cc_o + w_co * c_cur)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, T, length, c_in, hidden_dim = 16, 5, 7, 2, 3

    def var(name, scale, *s):
        return tf.Variable((scale * rng.standard_normal(s)).astype(f), name=name)

    kernel = var("kernel", 0.8, 3, c_in + hidden_dim, 4 * hidden_dim)
    w_ci, w_cf, w_co = (var(k, 1.5, hidden_dim) for k in ("w_ci", "w_cf", "w_co"))
    read = var("readout", 1.5, hidden_dim)
    batch = {
        "x": rng.standard_normal((n, T, length, c_in)).astype(f),
        "y": rng.standard_normal((n, T, length)).astype(f),
    }

    def reference(b):
        # README: o_t = sigma(W_xo * x_t + W_ho * h_{t-1} + W_co . c_t + b_o)
        m = b["x"].shape[0]
        h, c, loss = tf.zeros([m, length, hidden_dim], f), tf.zeros([m, length, hidden_dim], f), 0.0
        parts = tf.reshape(kernel, [3, c_in + hidden_dim, 4, hidden_dim])
        for t in range(T):
            z = tf.concat([b["x"][:, t], h], axis=2)
            pre = [tf.nn.conv1d(z, parts[:, :, g], 1, "SAME") for g in range(4)]
            c = tf.sigmoid(pre[1] + w_cf * c) * c + tf.sigmoid(pre[0] + w_ci * c) * tf.tanh(pre[3])
            h = tf.tanh(c) * tf.sigmoid(pre[2] + w_co * c)
            loss += tf.reduce_sum((tf.tensordot(h, read, 1) - b["y"][:, t]) ** 2)
        return loss / (m * T * length)

    def candidate(b):
        def cell(input_tensor, cur_state):
            h_cur, c_cur = cur_state
            combined = tf.concat([input_tensor, h_cur], axis=-1)
            combined_conv = tf.nn.conv1d(combined, kernel, stride=1, padding="SAME")
            cc_i, cc_f, cc_o, cc_g = tf.split(combined_conv, 4, axis=-1)
            i = tf.sigmoid(cc_i + w_ci * c_cur)
            forget = tf.sigmoid(cc_f + w_cf * c_cur)
            c_next = forget * c_cur + i * tf.tanh(cc_g)
            o = tf.sigmoid(cc_o + w_co * c_cur)
            return o * tf.tanh(c_next), c_next

        zero = tf.zeros(tf.concat([tf.shape(b["x"])[:1], [length, hidden_dim]], 0), b["x"].dtype)
        state, outputs = (zero, zero), []
        for t in range(T):
            state = cell(b["x"][:, t], state)
            outputs.append(tf.reduce_sum(state[0] * read, -1))
        return tf.reduce_mean(tf.square(tf.stack(outputs, axis=1) - b["y"]))

    return {"variables": [kernel, w_ci, w_cf, w_co, read], "batch": batch, "reference": reference, "candidate": candidate}
