"""VISSL Barlow Twins: the cross-correlation is all-reduced without gradient for the other workers' share.
Source: https://github.com/facebookresearch/vissl/pull/230"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'parts.append(c if other == rank else tf.stop_gradient(c))',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    world, b, k, d = 3, 4, 5, 4
    enc = tf.Variable(normal(k, d), name="encoder")
    lam = 0.1

    def standardise(z):
        mean, var = tf.nn.moments(z, axes=[0])
        return (z - mean) / tf.sqrt(var + 1e-5)

    def reference(batch):
        za = standardise(tf.tanh(tf.reshape(batch["a"], (world * b, k)) @ enc))
        zb = standardise(tf.tanh(tf.reshape(batch["b"], (world * b, k)) @ enc))
        corr = tf.transpose(za) @ zb / (world * b)
        eye = tf.eye(d, dtype=corr.dtype)
        return tf.reduce_sum(tf.square(corr - eye) * (eye + lam * (1.0 - eye)))

    def candidate(batch):
        za = tf.reshape(standardise(tf.reshape(tf.tanh(batch["a"] @ enc), (-1, d))), (world, b, d))
        zb = tf.reshape(standardise(tf.reshape(tf.tanh(batch["b"] @ enc), (-1, d))), (world, b, d))
        local = [tf.matmul(za[r], zb[r], transpose_a=True) / (world * b) for r in range(world)]
        losses = []
        for rank in range(world):
            parts = []
            for other, c in enumerate(local):
                parts.append(c if other == rank else tf.stop_gradient(c))
            corr = tf.add_n(parts)
            diag = tf.linalg.diag_part(corr)
            on = tf.reduce_sum((diag - 1.0) ** 2)
            off = tf.reduce_sum(corr ** 2) - tf.reduce_sum(diag ** 2)
            losses.append(on + lam * off)
        return tf.add_n(losses) / world

    return {"reference": reference, "candidate": candidate,
            "batch": {"a": normal(world, b, k), "b": normal(world, b, k)}, "variables": [enc]}
