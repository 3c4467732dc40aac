"""Deep & Cross with explicit outer products: w (d, 1) weights the rows (x0) and not the columns (x) of x0 x^T.

Source (real): https://github.com/jyfeather/Tensorflow-DCN/issues/1 (TensorFlow: "should be tf.transpose(w)").
Right answer: NOT equivalent; the product must be summed over x weighted by w.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "mid_res = tf.multiply(tf.multiply(x0_broad_horizon, x_broad_vertical), w)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 22, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_cross = [tf.Variable(0.4 * arr(d, 1), name=f"w_cross_{i}") for i in range(2)]
    b_cross = [tf.Variable(0.2 * arr(d, 1), name=f"b_cross_{i}") for i in range(2)]
    w_out = tf.Variable(0.5 * arr(d, 1), name="w_out")
    batch = {"x": arr(n, d), "y": (rng.random((n, 1)) < 0.25).astype(f)}

    def log_loss(label, logit):
        return tf.reduce_mean(tf.nn.softplus(logit) - label * logit)

    def reference(b):
        total = 0.0
        for x0, label in zip(b["x"], b["y"]):
            x = x0
            for w, bias in zip(w_cross, b_cross):
                x = x0 * tf.tensordot(x, w[:, 0], 1) + bias[:, 0] + x
            total += log_loss(label[0], tf.tensordot(x, w_out[:, 0], 1))
        return total / b["y"].shape[0]

    def candidate(b):
        def cross_op(x0, x, w, bias):
            x0_broad_horizon = tf.tile(tf.reshape(x0, [-1, d, 1]), [1, 1, d])
            x_broad_vertical = tf.transpose(tf.tile(tf.reshape(x, [-1, d, 1]), [1, 1, d]), [0, 2, 1])
            mid_res = tf.multiply(tf.multiply(x0_broad_horizon, x_broad_vertical), w)
            res = tf.reduce_sum(mid_res, axis=2)
            return res + tf.transpose(bias) + x

        res = b["x"]
        for w, bias in zip(w_cross, b_cross):
            res = cross_op(b["x"], res, w, bias)
        return log_loss(b["y"], tf.matmul(res, w_out))

    return {"variables": [*w_cross, *b_cross, w_out], "batch": batch, "reference": reference, "candidate": candidate}
