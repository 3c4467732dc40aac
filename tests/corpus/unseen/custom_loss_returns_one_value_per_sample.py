"""The custom loss returns an array of shape (n,) with one value per sample; the tape sums it silently.

Source (real): https://github.com/keras-team/keras/issues/3058
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "loss_shape",
    "line_marker": 'return tf.reduce_mean(per_step, axis=1) + 0.1 * tf.square(drift)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, T, d = 10, 5, 3
    w_x, w_h, w_y = var("w_x", d, 4), var("w_h", 4, 4), var("w_y", 4, 1)
    batch = {"x": arr(n, T, d), "y": arr(n, T)}

    def rnn(b):
        h = tf.zeros([n, 4])
        outs = []
        for t in range(T):
            h = tf.tanh(b["x"][:, t] @ w_x + h @ w_h)
            outs.append(tf.squeeze(h @ w_y, 1))
        return tf.stack(outs, axis=1)

    def reference(b):
        pred = rnn(b)
        fit = tf.reduce_mean(tf.math.log(tf.cosh(pred - b["y"])))
        drift = tf.reduce_mean(tf.square(pred[:, -1] - pred[:, 0]))
        return fit + 0.1 * drift

    def candidate(b):
        pred = rnn(b)
        per_step = tf.math.log(tf.cosh(pred - b["y"]))
        drift = pred[:, -1] - pred[:, 0]
        return tf.reduce_mean(per_step, axis=1) + 0.1 * tf.square(drift)

    return {"variables": [w_x, w_h, w_y], "batch": batch, "reference": reference, "candidate": candidate}
