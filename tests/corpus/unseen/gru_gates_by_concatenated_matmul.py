"""Right: one matmul of the concatenated [x, h] with the stacked weights equals the sum of the two matmuls of the paper.

Source (real): https://github.com/tensorflow/tensorflow/issues/21388
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, T, d, m = 8, 4, 3, 5
    Wr, Wu, Wc = var("Wr", d, m), var("Wu", d, m), var("Wc", d, m)
    Ur, Uu, Uc = var("Ur", m, m), var("Uu", m, m), var("Uc", m, m)
    w_y = var("w_y", m, 1)
    batch = {"x": arr(n, T, d), "y": arr(n)}

    def reference(b):
        h = tf.zeros([n, m])
        for t in range(T):
            x = b["x"][:, t]
            r = tf.sigmoid(x @ Wr + h @ Ur)
            u = tf.sigmoid(x @ Wu + h @ Uu)
            c = tf.tanh(x @ Wc + (r * h) @ Uc)
            h = u * h + (1 - u) * c
        return tf.reduce_mean(tf.abs(tf.squeeze(h @ w_y, 1) - b["y"]))

    def candidate(b):
        gate_kernel = tf.concat([tf.concat([Wr, Wu], 1), tf.concat([Ur, Uu], 1)], axis=0)
        cand_kernel = tf.concat([Wc, Uc], axis=0)
        state = tf.zeros([n, m])
        for x in tf.unstack(b["x"], axis=1):
            value = tf.sigmoid(tf.matmul(tf.concat([x, state], 1), gate_kernel))
            r, u = tf.split(value, 2, axis=1)
            c = tf.tanh(tf.matmul(tf.concat([x, r * state], 1), cand_kernel))
            state = c + u * (state - c)
        err = b["y"] - tf.reduce_sum(state * w_y[:, 0], axis=1)
        return tf.reduce_mean(tf.maximum(err, -err))

    return {"variables": [Wr, Wu, Wc, Ur, Uu, Uc, w_y], "batch": batch, "reference": reference, "candidate": candidate}
