"""Hand-written LSTM: the forget gate is computed with the output gate's bias. Source: https://github.com/ddbourgin/numpy-ml/issues/42"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "_Gf = Zt @ self.Wf + self.bo",
    "same_forward_value": False,
}


class LSTMCell(tf.Module):
    def __init__(self, n_in, n_out, rng):
        super().__init__()
        for gate in "ofuc":
            setattr(self, "W" + gate, tf.Variable(rng.normal(0, 0.5, (n_in + n_out, n_out)).astype("float32")))
            setattr(self, "b" + gate, tf.Variable(rng.normal(0, 0.3, (1, n_out)).astype("float32")))

    def forward(self, Xt, A_prev, C_prev):
        Zt = tf.concat([A_prev, Xt], axis=1)
        _Go = Zt @ self.Wo + self.bo
        _Gf = Zt @ self.Wf + self.bo
        _Gu = Zt @ self.Wu + self.bu
        _Gc = Zt @ self.Wc + self.bc
        Go, Gf, Gu = tf.sigmoid(_Go), tf.sigmoid(_Gf), tf.sigmoid(_Gu)
        Cc = tf.tanh(_Gc)
        Ct = Gf * C_prev + Gu * Cc
        At = Go * tf.tanh(Ct)
        return At, Ct


def build(seed=0):
    rng = np.random.default_rng(seed)
    n_ex, n_in, n_out, n_t = 5, 3, 6, 7
    cell = LSTMCell(n_in, n_out, rng)
    readout = tf.Variable(rng.normal(0, 0.5, (n_out, 1)).astype("float32"))

    def reference(batch):
        kernel = tf.concat([cell.Wo, cell.Wf, cell.Wu, cell.Wc], axis=1)
        bias = tf.concat([cell.bo, cell.bf, cell.bu, cell.bc], axis=1)
        a = c = tf.zeros((n_ex, n_out))
        errors = []
        for t in range(n_t):
            o, f, u, g = tf.split(tf.concat([a, batch["X"][:, :, t]], 1) @ kernel + bias, 4, axis=1)
            c = tf.sigmoid(f) * c + tf.sigmoid(u) * tf.tanh(g)
            a = tf.sigmoid(o) * tf.tanh(c)
            errors.append((a @ readout)[:, 0] - batch["y"][:, t])
        return tf.reduce_mean(tf.square(tf.stack(errors)))

    def candidate(batch):
        At, Ct = tf.zeros((n_ex, n_out)), tf.zeros((n_ex, n_out))
        Y = []
        for t in range(n_t):
            At, Ct = cell.forward(batch["X"][:, :, t], At, Ct)
            Y.append(At)
        pred = tf.squeeze(tf.stack(Y, axis=1) @ readout, -1)
        return tf.reduce_mean((pred - batch["y"]) ** 2)

    batch = {"X": rng.normal(size=(n_ex, n_in, n_t)).astype("float32"), "y": rng.normal(size=(n_ex, n_t)).astype("float32")}
    variables = [getattr(cell, k + g) for g in "ofuc" for k in "Wb"] + [readout]
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
