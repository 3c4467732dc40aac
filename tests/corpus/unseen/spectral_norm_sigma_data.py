"""Spectral normalization: sigma is computed from weight.data, so the weight's gradient misses the term through sigma.

Source (real): https://github.com/rdevon/cortex/pull/57 ("The computation of sigma should be part of the computational graph"; PyTorch, ported).
Right answer: NOT equivalent. u and v are constants in both, but sigma = u W v has to depend on W.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "sigma = tf.reduce_sum(u * tf.linalg.matvec(weight_data, v))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 24, 6, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(arr(hid, d), name="sn_weight1")
    w2 = tf.Variable(arr(1, hid), name="sn_weight2")
    bias = tf.Variable(0.2 * arr(hid), name="bias1")
    us = [tf.constant(arr(hid)), tf.constant(arr(1))]
    batch = {"x": arr(n, d), "real": (rng.random(n) < 0.5).astype(f)}

    def l2normalize(v, eps=1e-12):
        return v / (tf.norm(v) + eps)

    def disc_loss(logits, real):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=real, logits=logits))

    def reference(b):
        def normalized(w, u):
            right = l2normalize(u[None] @ tf.stop_gradient(w))
            left = l2normalize(tf.stop_gradient(w) @ tf.transpose(right))
            return w / (tf.transpose(left) @ w @ tf.transpose(right))

        h = tf.nn.leaky_relu(b["x"] @ tf.transpose(normalized(w1, us[0])) + bias)
        return disc_loss((h @ tf.transpose(normalized(w2, us[1])))[:, 0], b["real"])

    def candidate(b):
        def max_singular_value(weight, u, power_iterations=1):
            weight_data = tf.stop_gradient(weight)
            for _ in range(power_iterations):
                v = l2normalize(tf.linalg.matvec(weight_data, u, transpose_a=True))
                u = l2normalize(tf.linalg.matvec(weight_data, v))
            sigma = tf.reduce_sum(u * tf.linalg.matvec(weight_data, v))
            return sigma

        def sn_linear(x, weight, u):
            return x @ tf.transpose(weight / max_singular_value(weight, u))

        h = tf.nn.leaky_relu(sn_linear(b["x"], w1, us[0]) + bias)
        logits = sn_linear(h, w2, us[1])
        return disc_loss(tf.squeeze(logits, -1), b["real"])

    return {"variables": [w1, w2, bias], "batch": batch, "reference": reference, "candidate": candidate}
