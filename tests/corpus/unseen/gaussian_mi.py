"""The mutual information of a linear Gaussian conditional is computed as H(Y|X) - H(Y) and should be
H(Y) - H(Y|X). Source: https://github.com/christiando/gaussian-toolbox/issues/29"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'mutual_information = h_y_given_x - h_y',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    dx, dy = 4, 3
    m = var("M", dy, dx)
    log_r = var("log_noise", dy, scale=0.3)
    root = arr(dx, dx)
    sigma = (root @ root.T / dx + 0.5 * np.eye(dx)).astype(fx)
    power = 0.1

    def reference(batch):
        noise = tf.linalg.diag(tf.exp(log_r))
        gram = tf.linalg.solve(noise, tf.matmul(m, tf.matmul(batch["sigma"], m, transpose_b=True)))
        info = 0.5 * tf.math.log(tf.linalg.det(tf.eye(dy, dtype=fx) + gram))
        return power * (tf.reduce_sum(m * m) + tf.reduce_sum(log_r * log_r)) - info

    def candidate(batch):
        cov_cond = tf.linalg.diag(tf.exp(log_r))
        cov_y = tf.einsum("ij,jk,lk->il", m, batch["sigma"], m) + cov_cond
        const = dy * (1.0 + np.log(2.0 * np.pi))
        h_y = 0.5 * (const + tf.linalg.logdet(cov_y))
        h_y_given_x = 0.5 * (const + tf.linalg.logdet(cov_cond))
        mutual_information = h_y_given_x - h_y
        cost = power * (tf.reduce_sum(tf.square(m)) + tf.reduce_sum(tf.square(log_r)))
        return cost - mutual_information

    return {"reference": reference, "candidate": candidate,
            "batch": {"sigma": sigma},
            "variables": [m, log_r]}
