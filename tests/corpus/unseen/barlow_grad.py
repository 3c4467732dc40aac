"""dlib writes the gradient of the Barlow Twins loss by hand; a factor of two is missing in the derivative of the
redundancy term. Source: https://github.com/davisking/dlib/pull/2518"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'coff = lam * off',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, feat, dim, lam = 6, 5, 4, 0.4
    net = var("projector", feat, dim)

    def bn(z):
        z = z - tf.reduce_mean(z, axis=0)
        return z / tf.sqrt(tf.reduce_mean(z * z, axis=0) + 1e-5)

    def reference(batch):
        za, zb = bn(tf.matmul(batch["a"], net)), bn(tf.matmul(batch["b"], net))
        c = tf.matmul(za, zb, transpose_a=True) / n
        total = 0.0
        for i in range(dim):
            for j in range(dim):
                total += tf.square(1.0 - c[i, j]) if i == j else lam * tf.square(c[i, j])
        return total

    def candidate(batch):
        eye = tf.eye(dim, dtype=fx)

        @tf.custom_gradient
        def barlow(za_norm, zb_norm):
            eccm = tf.matmul(za_norm, zb_norm, transpose_a=True) / n
            diff = eccm - eye
            off = eccm * (1.0 - eye)
            loss = tf.reduce_sum(tf.square(diff * eye)) + lam * tf.reduce_sum(tf.square(off))

            def grad(upstream):
                cdiag = 2.0 * diff * eye
                coff = lam * off
                cgrad = upstream * (cdiag + coff) / n
                return tf.matmul(zb_norm, cgrad, transpose_b=True), tf.matmul(za_norm, cgrad)

            return loss, grad

        za = tf.matmul(batch["a"], net)
        zb = tf.matmul(batch["b"], net)
        return barlow(bn(za), bn(zb))

    base = arr(n, feat)
    return {"reference": reference, "candidate": candidate,
            "batch": {"a": (base + arr(n, feat, scale=0.4)).astype(fx), "b": (base + arr(n, feat, scale=0.4)).astype(fx)},
            "variables": [net]}
