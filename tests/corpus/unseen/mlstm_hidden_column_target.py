"""mLSTM forecasting: the hidden column (hidden, 1) is compared with the target (1, 1), so each hidden unit has to be the target.

Source (real): https://github.com/andrewgcodes/xlstm/issues/4 (mLSTM.py, PyTorch, ported; the warning "Using a target size
(1, 1) that is different to the input size (10, 1)"; suggested: criterion(y_pred[0], y_true[0])).
Right answer: NOT equivalent; only the first unit is the forecast.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "loss += mse(y_pred, y_true)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, hidden = 16, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    names = ("W_q", "W_k", "W_v", "W_o")
    weights = {name: tf.Variable(0.9 * arr(hidden, 1), name=name) for name in names}
    gates = tf.Variable(0.6 * arr(2, 1), name="w_gates")
    batch = {"x": arr(n, steps), "y": arr(n, steps)}

    def reference(b):
        """Scalar form: the memory is a sum of earlier values, and the forecast is its first entry."""
        q, k, v, o = (weights[name][:, 0] for name in names)
        total = 0.0
        for xs, ys in zip(b["x"], b["y"]):
            memory, norm = 0.0, tf.zeros([hidden], dtype=xs.dtype)
            for t in range(steps):
                i, g = tf.exp(gates[0, 0] * xs[t]), tf.sigmoid(gates[1, 0] * xs[t])
                memory = g * memory + i * v[0] * xs[t] * (k * xs[t] / np.sqrt(hidden))
                norm = g * norm + i * k * xs[t] / np.sqrt(hidden)
                read = tf.reduce_sum(memory * q * xs[t])
                scale = tf.maximum(tf.abs(tf.reduce_sum(norm * q * xs[t])), 1.0)
                total += tf.square(tf.sigmoid(o[0] * xs[t]) * read / scale - ys[t])
        return total / (b["x"].shape[0] * steps)

    def candidate(b):
        def mse(a, c):
            return tf.reduce_mean(tf.square(a - c), axis=[1, 2])

        def mlstm_cell(x, C, nn):
            q, k, v = weights["W_q"] * x, weights["W_k"] * x / np.sqrt(hidden), weights["W_v"] * x
            i, g = tf.exp(gates[0, 0] * x), tf.sigmoid(gates[1, 0] * x)
            C = g * C + i * tf.matmul(v, k, transpose_b=True)
            nn = g * nn + i * k
            h_tilde = tf.matmul(C, q) / tf.maximum(tf.abs(tf.matmul(nn, q, transpose_a=True)), 1.0)
            return tf.sigmoid(weights["W_o"] * x) * h_tilde, C, nn

        m = b["x"].shape[0]
        C = tf.zeros([m, hidden, hidden], dtype=b["x"].dtype)
        nn = tf.zeros([m, hidden, 1], dtype=b["x"].dtype)
        loss = 0.0
        for t in range(steps):
            y_pred, C, nn = mlstm_cell(b["x"][:, t, None, None], C, nn)
            y_true = b["y"][:, t, None, None]
            loss += mse(y_pred, y_true)
        return tf.reduce_mean(loss) / steps

    variables = [*weights.values(), gates]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
