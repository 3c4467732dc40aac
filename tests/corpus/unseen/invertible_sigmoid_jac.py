"""The log Jacobian of the invertible sigmoid is wrong for inputs with more than one feature dimension.
Source: https://github.com/vislearn/FrEIA/pull/176"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "log_jac = tf.reduce_sum(log_det_terms, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, d = 4, 3, 5
    log_scale = tf.Variable((0.5 * rng.normal(size=(s, d))).astype(fx), name="log_scale")
    shift = tf.Variable(rng.normal(size=(s, d)).astype(fx), name="shift")

    def reference(batch):
        total = 0.0
        for i in range(n):
            u = tf.exp(log_scale) * batch["x"][i] + shift
            z = tf.sigmoid(u)
            ladj = tf.reduce_sum(log_scale) + tf.reduce_sum(tf.math.log(z * (1 - z)))
            prior = -tf.reduce_sum(0.5 * ((z - 0.5) / 0.2) ** 2)
            total += -(prior + ladj)
        return total / n

    def candidate(batch):
        x = batch["x"]
        pre = x * tf.exp(log_scale)[None] + shift[None]
        affine_jac = tf.reduce_sum(log_scale)
        z = tf.sigmoid(pre)
        log_det_terms = -tf.nn.softplus(pre) - tf.nn.softplus(-pre)
        log_jac = tf.reduce_sum(log_det_terms, axis=1)
        log_prior = -0.5 * tf.reduce_sum(tf.square((z - 0.5) / 0.2), axis=[1, 2])
        nll = -(log_prior[:, None] + log_jac + affine_jac)
        return tf.reduce_mean(nll)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, s, d)).astype(fx)},
            "variables": [log_scale, shift]}
