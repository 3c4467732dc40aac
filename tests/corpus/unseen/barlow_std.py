"""Barlow Twins: std with Bessel's correction, then division by N, keeps the diagonal of the correlation below one.
Source: https://github.com/yaohungt/Barlow-Twins-HSIC/issues/6"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "var = tf.reduce_sum(tf.square(centred), axis=0) / (n - 1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, d, h, lmbda = 5, 4, 3, 0.1
    w = tf.Variable(f(d, h), name="projector")

    def reference(batch):
        za, zb = batch["a"] @ w, batch["b"] @ w
        za = (za - tf.reduce_mean(za, 0)) / tf.math.reduce_std(za, 0)
        zb = (zb - tf.reduce_mean(zb, 0)) / tf.math.reduce_std(zb, 0)
        loss = 0.0
        for i in range(h):
            for j in range(h):
                cij = tf.reduce_mean(za[:, i] * zb[:, j])
                loss += (cij - 1.0) ** 2 if i == j else lmbda * cij ** 2
        return loss

    def candidate(batch):
        def standardise(z):
            centred = z - tf.reduce_mean(z, axis=0)
            var = tf.reduce_sum(tf.square(centred), axis=0) / (n - 1)
            return centred / tf.sqrt(var)

        out_1_norm = standardise(tf.matmul(batch["a"], w))
        out_2_norm = standardise(tf.matmul(batch["b"], w))
        c = tf.matmul(out_1_norm, out_2_norm, transpose_a=True) / n
        diag = tf.linalg.diag_part(c)
        on_diag = tf.reduce_sum(tf.square(diag - 1.0))
        off_diag = tf.reduce_sum(tf.square(c)) - tf.reduce_sum(tf.square(diag))
        return on_diag + lmbda * off_diag

    a = f(n, d)
    return {"reference": reference, "candidate": candidate, "batch": {"a": a, "b": a + 0.5 * f(n, d)},
            "variables": [w]}
