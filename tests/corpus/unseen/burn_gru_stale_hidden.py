"""GRU: every time step of the sequence is computed from the initial hidden state instead of the state before it.

Source (real): https://github.com/tracel-ai/burn/issues/2701 (Rust, part 2 of the issue; fixed by pull/2704).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'hidden_t = cell(b["x"][:, step], hidden)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, hid = 18, 5, 3, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    kernel = tf.Variable(0.6 * arr(d, 3 * hid), name="gru_kernel")
    recurrent = tf.Variable(0.5 * arr(hid, 3 * hid), name="gru_recurrent")
    bias = tf.Variable(0.2 * arr(2, 3 * hid), name="gru_bias")
    batch = {"x": arr(n, t, d), "h0": 0.5 * arr(n, hid), "y": arr(n, t, hid)}

    def reference(b):
        def one(x, h):
            pre_x = tf.linalg.matvec(kernel, x, transpose_a=True) + bias[0]
            pre_h = tf.linalg.matvec(recurrent, h, transpose_a=True) + bias[1]
            z = tf.sigmoid(pre_x[:hid] + pre_h[:hid])
            r = tf.sigmoid(pre_x[hid : 2 * hid] + pre_h[hid : 2 * hid])
            cand = tf.tanh(pre_x[2 * hid :] + r * pre_h[2 * hid :])
            return cand + z * (h - cand)

        total = 0.0
        for i in range(b["x"].shape[0]):
            h = b["h0"][i]
            for s in range(t):
                h = one(b["x"][i, s], h)
                total += tf.reduce_sum((h - b["y"][i, s]) ** 2)
        return total / (b["x"].shape[0] * t * hid)

    def candidate(b):
        def cell(x, h):
            x_z, x_r, x_n = tf.split(x @ kernel + bias[0], 3, axis=1)
            h_z, h_r, h_n = tf.split(h @ recurrent + bias[1], 3, axis=1)
            update = tf.sigmoid(x_z + h_z)
            reset = tf.sigmoid(x_r + h_r)
            new = tf.tanh(x_n + reset * h_n)
            return (1.0 - update) * new + update * h

        hidden = b["h0"]
        outputs = []
        for step in range(b["x"].shape[1]):
            hidden_t = cell(b["x"][:, step], hidden)
            outputs.append(hidden_t)
        return tf.reduce_mean(tf.square(tf.stack(outputs, axis=1) - b["y"]))

    return {"variables": [kernel, recurrent, bias], "batch": batch, "reference": reference, "candidate": candidate}
