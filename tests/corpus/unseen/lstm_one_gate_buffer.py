"""An LSTM step multiplies `forget_gate` with the cell gate, which reads like a slip.
Forget and input gate share one buffer that holds the input gate by then, so the result is right.
Source: https://github.com/ARM-software/CMSIS-NN/pull/181"""
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
    f = keras.config.floatx()
    n, t, d, h = 15, 4, 3, 5
    x = rng.normal(size=(n, t, d)).astype(f)
    y = rng.normal(size=(n, h)).astype(f)
    w_ih = tf.Variable((0.5 * rng.normal(size=(d, 4 * h))).astype(f), name="w_ih")
    w_hh = tf.Variable((0.5 * rng.normal(size=(h, 4 * h))).astype(f), name="w_hh")
    bias = tf.Variable((0.2 * rng.normal(size=(4 * h,))).astype(f), name="bias")

    def reference(batch):
        hx = cx = tf.zeros((n, h), dtype=f)
        for k in range(t):
            gates = batch["x"][:, k] @ w_ih + hx @ w_hh + bias
            i, fg, g, o = tf.split(gates, 4, axis=1)
            cx = tf.sigmoid(fg) * cx + tf.sigmoid(i) * tf.tanh(g)
            hx = tf.sigmoid(o) * tf.tanh(cx)
        return tf.reduce_mean((hx - batch["y"]) ** 2)

    def candidate(batch):
        def calculate_gate(inp, hidden, index, activation):
            cols = slice(index * h, (index + 1) * h)
            return activation(tf.matmul(inp, w_ih[:, cols]) + tf.matmul(hidden, w_hh[:, cols]) + bias[cols])

        def lstm_step(inp, hidden, cell):
            buffers = {}
            buffers["temp1"] = calculate_gate(inp, hidden, 1, tf.sigmoid)
            cell = buffers["temp1"] * cell
            buffers["temp1"] = calculate_gate(inp, hidden, 0, tf.sigmoid)
            buffers["temp2"] = calculate_gate(inp, hidden, 2, tf.tanh)
            forget_gate, cell_gate = buffers["temp1"], buffers["temp2"]
            cell = cell + forget_gate * cell_gate
            output_gate = calculate_gate(inp, hidden, 3, tf.sigmoid)
            return output_gate * tf.tanh(cell), cell

        hidden, cell = tf.zeros((n, h), dtype=f), tf.zeros((n, h), dtype=f)
        for inp in tf.unstack(batch["x"], axis=1):
            hidden, cell = lstm_step(inp, hidden, cell)
        return tf.reduce_mean(tf.square(hidden - batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y},
            "variables": [w_ih, w_hh, bias]}
