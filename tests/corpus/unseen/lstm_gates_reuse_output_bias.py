"""A copied line: the forget and update gates of the LSTM cell add the output gate's bias.

Source (real): https://github.com/ddbourgin/numpy-ml/issues/42
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'gf = tf.sigmoid(z @ Wf + bo)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, T, d, m = 8, 4, 3, 4
    Wo, Wf, Wu, Wc = [var("W" + s, d + m, m) for s in "ofuc"]
    bo, bf, bu, bc = [var("b" + s, m) for s in "ofuc"]
    w_y = var("w_y", m, 1)
    batch = {"x": arr(n, T, d), "y": arr(n, 1)}

    def reference(b):
        A = tf.zeros([n, m])
        C = tf.zeros([n, m])
        gates = tf.concat([Wo, Wf, Wu, Wc], axis=1)
        biases = tf.concat([bo, bf, bu, bc], axis=0)
        for t in range(T):
            pre = tf.concat([A, b["x"][:, t]], axis=1) @ gates + biases
            o, f, u, c = tf.split(pre, 4, axis=1)
            C = tf.sigmoid(f) * C + tf.sigmoid(u) * tf.tanh(c)
            A = tf.sigmoid(o) * tf.tanh(C)
        return tf.reduce_mean(tf.square(A @ w_y - b["y"]))

    def candidate(b):
        A = tf.zeros([n, m])
        C = tf.zeros([n, m])
        for t in range(T):
            z = tf.concat([A, b["x"][:, t]], axis=1)
            go = tf.sigmoid(z @ Wo + bo)
            gf = tf.sigmoid(z @ Wf + bo)
            gu = tf.sigmoid(z @ Wu + bo)
            gc = tf.tanh(z @ Wc + bc)
            C = gf * C + gu * gc
            A = go * tf.tanh(C)
        return tf.reduce_mean(tf.square(A @ w_y - b["y"]))

    return {"variables": [Wo, Wf, Wu, Wc, bo, bf, bu, bc, w_y], "batch": batch, "reference": reference, "candidate": candidate}
