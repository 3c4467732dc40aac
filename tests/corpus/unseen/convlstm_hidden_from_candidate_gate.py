"""OpenSTL's ConvLSTM cell computes the new hidden state from the candidate g, not from the tanh of the new
cell state, so the memory never reaches the output.
Source: https://github.com/chengtan9907/OpenSTL/issues/68"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "h_new = o_t * g_t",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, width, c_in, hid = 14, 4, 7, 2, 3
    conv_x = tf.Variable(0.5 * rng.standard_normal((3, c_in, 4 * hid)).astype(f), name="conv_x")
    conv_h = tf.Variable(0.4 * rng.standard_normal((3, hid, 4 * hid)).astype(f), name="conv_h")
    conv_last = tf.Variable(0.6 * rng.standard_normal((1, hid, c_in)).astype(f), name="conv_last")
    frames = rng.standard_normal((n, steps + 1, width, c_in)).astype(f)
    batch = {"frames": frames}

    def reference(b):
        kernel = tf.concat([conv_x, conv_h], axis=1)
        h = c = tf.zeros((n, width, hid), f)
        loss = 0.0
        for t in range(steps):
            gates = tf.nn.conv1d(tf.concat([b["frames"][:, t], h], -1), kernel, 1, "SAME")
            i, fg, g, o = (gates[..., k * hid:(k + 1) * hid] for k in range(4))
            c = tf.sigmoid(fg) * c + tf.sigmoid(i) * tf.nn.tanh(g)
            h = tf.sigmoid(o) * tf.nn.tanh(c)
            loss += tf.reduce_mean((h @ conv_last[0] - b["frames"][:, t + 1]) ** 2)
        return loss / steps

    def candidate(b):
        class ConvLSTMCell:
            def forward(self, x_t, h_t, c_t):
                x_concat = keras.ops.conv(x_t, conv_x, padding="same")
                h_concat = keras.ops.conv(h_t, conv_h, padding="same")
                i_x, f_x, g_x, o_x = tf.split(x_concat, 4, axis=-1)
                i_h, f_h, g_h, o_h = tf.split(h_concat, 4, axis=-1)
                i_t = keras.ops.sigmoid(i_x + i_h)
                f_t = keras.ops.sigmoid(f_x + f_h)
                g_t = keras.ops.tanh(g_x + g_h)
                c_new = f_t * c_t + i_t * g_t
                o_t = keras.ops.sigmoid(o_x + o_h)
                h_new = o_t * g_t
                return h_new, c_new

        cell, next_frames = ConvLSTMCell(), []
        h_t, c_t = tf.zeros((n, width, hid), f), tf.zeros((n, width, hid), f)
        for x_t in tf.unstack(b["frames"][:, :-1], axis=1):
            h_t, c_t = cell.forward(x_t, h_t, c_t)
            next_frames.append(keras.ops.conv(h_t, conv_last, padding="same"))
        pred = tf.stack(next_frames, axis=1)
        return tf.reduce_mean(tf.math.squared_difference(pred, b["frames"][:, 1:]))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [conv_x, conv_h, conv_last]}
