"""SAITS: the MIT loss uses X_tilde_3 where the paper has the completed X_c; the author shows that it is the same.
Source: https://github.com/WenjieDu/SAITS/issues/32"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, T, d = 3, 5, 3
    w1, w2 = tf.Variable(f(d, d), name="block1"), tf.Variable(f(d, d), name="block2")
    gate = tf.Variable(f(2 * d, d), name="combine")

    def blocks(batch):
        x1 = tf.tanh(batch["x"] @ w1)
        x2 = tf.tanh((batch["mask"] * batch["x"] + (1.0 - batch["mask"]) * x1) @ w2)
        g = tf.sigmoid(tf.concat([x2, batch["mask"]], -1) @ gate)
        return x1, x2, (1.0 - g) * x2 + g * x1

    def reference(batch):
        x1, x2, x3 = blocks(batch)
        m, ind, full = batch["mask"], batch["indicating"], batch["x_ori"]
        xc = m * batch["x"] + (1.0 - m) * x3
        ort = sum(tf.reduce_sum(tf.abs(o - batch["x"]) * m) / tf.reduce_sum(m) for o in (x1, x2, x3)) / 3
        return ort + tf.reduce_sum(tf.abs(xc - full) * ind) / tf.reduce_sum(ind)

    def candidate(batch):
        def masked_mae(inputs, target, mask):
            return tf.reduce_sum(tf.abs(inputs * mask - target * mask)) / tf.reduce_sum(mask)

        x_tilde_1, x_tilde_2, x_tilde_3 = blocks(batch)
        reconstruction = tf.zeros([], dtype=fx)
        for out in (x_tilde_1, x_tilde_2, x_tilde_3):
            reconstruction += masked_mae(out, batch["x"], batch["mask"])
        imputation = masked_mae(x_tilde_3, batch["x_ori"], batch["indicating"])
        return reconstruction / 3 + imputation

    ori = f(n, T, d)
    u = rng.uniform(size=(n, T, d))
    mask, ind = (u < 0.6).astype(fx), ((u >= 0.6) & (u < 0.85)).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": ori * mask, "x_ori": ori, "mask": mask, "indicating": ind},
            "variables": [w1, w2, gate]}
