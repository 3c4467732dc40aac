"""The original LSTM cell (no forget gate): the input gate is added to the cell candidate instead of multiplied with it.

Source (real): https://github.com/MartinuzziFrancesco/torchrecurrent/issues/22 (OriginalLSTMCell, PyTorch; fixed by #23).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "new_c = c + tf.sigmoid(input_gate) + tf.tanh(cell_gate)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, hid = 16, 5, 3, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    weight_ih = tf.Variable(0.6 * arr(d, 3 * hid), name="weight_ih")
    weight_hh = tf.Variable(0.4 * arr(hid, 3 * hid), name="weight_hh")
    bias = tf.Variable(0.2 * arr(3 * hid), name="bias_ih")
    readout = tf.Variable(arr(hid), name="readout")
    batch = {"x": arr(n, t, d), "y": arr(n)}

    def reference(b):
        w_i, w_g, w_o = (weight_ih[:, k * hid : (k + 1) * hid] for k in range(3))
        u_i, u_g, u_o = (weight_hh[:, k * hid : (k + 1) * hid] for k in range(3))
        b_i, b_g, b_o = (bias[k * hid : (k + 1) * hid] for k in range(3))
        h = c = tf.zeros([b["x"].shape[0], hid], b["x"].dtype)
        for x in tf.unstack(b["x"], axis=1):
            i = 1.0 / (1.0 + tf.exp(-(x @ w_i + h @ u_i + b_i)))
            o = 1.0 / (1.0 + tf.exp(-(x @ w_o + h @ u_o + b_o)))
            c += i * tf.tanh(x @ w_g + h @ u_g + b_g)
            h = o * tf.tanh(c)
        return tf.reduce_mean(tf.square(tf.linalg.matvec(h, readout) - b["y"]))

    def candidate(b):
        class OriginalLSTMCell(keras.layers.Layer):
            state_size = [hid, hid]
            output_size = hid

            def call(self, inp, states):
                h, c = states
                gates = inp @ tf.convert_to_tensor(weight_ih) + bias + h @ tf.convert_to_tensor(weight_hh)
                input_gate, cell_gate, output_gate = tf.split(gates, 3, axis=-1)
                new_c = c + tf.sigmoid(input_gate) + tf.tanh(cell_gate)
                new_h = tf.sigmoid(output_gate) * tf.tanh(new_c)
                return new_h, [new_h, new_c]

        cell = OriginalLSTMCell()
        zeros = tf.zeros([b["x"].shape[0], hid], b["x"].dtype)
        states = [zeros, zeros]
        for step in range(t):
            out, states = cell(b["x"][:, step], states)
        prediction = tf.reduce_sum(out * readout, axis=-1)
        return tf.reduce_mean(tf.math.squared_difference(prediction, b["y"]))

    variables = [weight_ih, weight_hh, bias, readout]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
