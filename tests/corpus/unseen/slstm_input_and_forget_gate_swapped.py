"""The sLSTM layer unpacks the forget gate's projection as i and the input gate's as f.

Source (real): https://github.com/NX-AI/xlstm/issues/98
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'i, f, z, o = proj["f"], proj["i"], proj["z"], proj["o"]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, T, d, m = 8, 5, 3, 4
    W = {g: var("W_" + g, d, m) for g in "ifzo"}
    R = {g: var("R_" + g, m, m, scale=0.3) for g in "ifzo"}
    w_y = var("w_y", m, 2)
    batch = {"x": arr(n, T, d), "y": arr(n, 2)}

    def gate_inputs(x_t, h):
        return {g: x_t @ W[g] + h @ R[g] for g in "ifzo"}

    def step(i, f, z, o, c, s):
        c = tf.sigmoid(f) * c + tf.exp(i) * tf.tanh(z)
        s = tf.sigmoid(f) * s + tf.exp(i)
        return tf.sigmoid(o) * c / s, c, s

    def reference(b):
        h = c = s = tf.zeros([n, m])
        for t in range(T):
            proj = gate_inputs(b["x"][:, t], h)
            h, c, s = step(proj["i"], proj["f"], proj["z"], proj["o"], c, s)
        return tf.reduce_mean(tf.square(h @ w_y - b["y"]))

    def candidate(b):
        h = c = s = tf.zeros([n, m])
        for x_t in tf.unstack(b["x"], axis=1):
            proj = gate_inputs(x_t, h)
            i, f, z, o = proj["f"], proj["i"], proj["z"], proj["o"]
            h, c, s = step(i, f, z, o, c, s)
        return tf.reduce_mean(tf.square(h @ w_y - b["y"]))

    return {"variables": [*W.values(), *R.values(), w_y], "batch": batch, "reference": reference, "candidate": candidate}
