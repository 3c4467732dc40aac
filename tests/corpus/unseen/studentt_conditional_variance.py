"""conditional_variance of the Student's T likelihood does not depend on the scale parameter.
Source: https://github.com/GPflow/GPflow/pull/777"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.fill(tf.shape(f), deg_free / (deg_free - 2.0))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, dim = 6, 3
    x = rng.normal(size=(n, dim)).astype(fx)
    y = (1.5 * rng.normal(size=(n,))).astype(fx)
    deg_free_value = 4.0
    w = tf.Variable(rng.normal(size=(dim, 1)).astype(fx), name="w_mean")
    w_var = tf.Variable((0.3 * rng.normal(size=(dim, 1))).astype(fx), name="w_var")
    raw_scale = tf.Variable(np.asarray(-0.8).astype(fx), name="raw_scale")
    nodes, weights = np.polynomial.hermite.hermgauss(5)

    def latent(batch):
        return (batch["x"] @ w)[:, 0], tf.math.softplus((batch["x"] @ w_var)[:, 0])

    def reference(batch):
        f_mu, f_var = latent(batch)
        s = tf.math.softplus(raw_scale)
        var = f_var + s ** 2 * deg_free_value / (deg_free_value - 2.0)
        res = batch["y"] - f_mu
        nll = tf.reduce_mean(0.5 * tf.math.log(2.0 * np.pi * var) + 0.5 * res ** 2 / var)
        return nll + 0.1 * s

    def candidate(batch):
        deg_free = tf.constant(deg_free_value, dtype=fx)
        scale = tf.math.softplus(raw_scale)

        def conditional_mean(f):
            return f

        def conditional_variance(f):
            return tf.fill(tf.shape(f), deg_free / (deg_free - 2.0))

        def predict_mean_and_var(f_mean, f_variance):
            gh_x = tf.constant(nodes.astype(fx))[None, :] * tf.sqrt(2.0 * f_variance)[:, None] + f_mean[:, None]
            gh_w = tf.constant((weights / np.sqrt(np.pi)).astype(fx))
            e_y = tf.linalg.matvec(conditional_mean(gh_x), gh_w)
            e_y2 = tf.linalg.matvec(conditional_variance(gh_x) + conditional_mean(gh_x) ** 2, gh_w)
            return e_y, e_y2 - e_y ** 2

        mean, variance = predict_mean_and_var(*latent(batch))
        log_density = -0.5 * (tf.math.log(2.0 * np.pi * variance) + (batch["y"] - mean) ** 2 / variance)
        return -tf.reduce_mean(log_density) + 0.1 * scale

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y}, "variables": [w, w_var, raw_scale]}
