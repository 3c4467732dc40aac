"""Bivariate Gaussian trajectory NLL: the factor 0.5 in front of the bracket is repeated inside it for the y term.

Source (real): https://github.com/nachiket92/conv-social-pooling/issues/26 (PyTorch, ported; outputs are inverse deviations).
Right answer: NOT equivalent; the y residual counts half.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "+ 0.5 * tf.pow(sigY, 2) * tf.pow(y - muY, 2)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d, hid = 15, 4, 6, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_h = tf.Variable(0.5 * arr(d, hid), name="w_h")
    w_o = tf.Variable(0.3 * arr(hid, steps * 5), name="w_o")
    batch = {"hist": arr(n, d), "fut": arr(n, steps, 2), "mask": rng.integers(0, 2, (n, steps)).astype(f)}

    def out_activation(hist):
        raw = tf.reshape(tf.tanh(hist @ w_h) @ w_o, [-1, steps, 5])
        muX, muY, sX, sY, r = tf.unstack(raw, axis=-1)
        return muX, muY, tf.exp(sX), tf.exp(sY), tf.tanh(r)

    def reference(b):
        muX, muY, inv_x, inv_y, rho = out_activation(b["hist"])
        sx, sy = 1.0 / inv_x, 1.0 / inv_y
        cov = tf.stack([tf.stack([sx * sx, rho * sx * sy], -1), tf.stack([rho * sx * sy, sy * sy], -1)], -2)
        diff = b["fut"] - tf.stack([muX, muY], -1)
        solved = tf.linalg.solve(cov, diff[..., None])[..., 0]
        nll = 0.5 * tf.reduce_sum(diff * solved, -1) + 0.5 * tf.math.log(tf.linalg.det(cov)) + np.log(2 * np.pi)
        return tf.reduce_sum(nll * b["mask"]) / tf.reduce_sum(b["mask"])

    def candidate(b):
        muX, muY, sigX, sigY, rho = out_activation(b["hist"])
        ohr = tf.pow(1 - tf.pow(rho, 2), -0.5)
        x, y = b["fut"][..., 0], b["fut"][..., 1]
        bracket = (
            tf.pow(sigX, 2) * tf.pow(x - muX, 2)
            + 0.5 * tf.pow(sigY, 2) * tf.pow(y - muY, 2)
            - 2 * rho * sigX * sigY * (x - muX) * (y - muY)
        )
        out = 0.5 * tf.pow(ohr, 2) * bracket - tf.math.log(sigX * sigY * ohr) + np.log(2 * np.pi)
        acc = out * b["mask"]
        return tf.reduce_sum(acc) / tf.reduce_sum(b["mask"])

    return {"variables": [w_h, w_o], "batch": batch, "reference": reference, "candidate": candidate}
