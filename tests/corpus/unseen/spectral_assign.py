"""TFA SpectralNormalization writes w/sigma into the kernel, so the gradient ignores that sigma depends on w.
Source: https://github.com/tensorflow/addons/issues/2414"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'kernel = w + tf.stop_gradient(w / sigma - w)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, k, h = 6, 4, 5
    w = tf.Variable(normal(k, h), name="kernel")
    head = tf.Variable(normal(h, 1), name="head")
    u0 = normal(1, h)

    def reference(batch):
        u = u0
        for _ in range(2):
            v = tf.math.l2_normalize(u @ tf.transpose(w))
            u = tf.math.l2_normalize(v @ w)
        u, v = tf.stop_gradient(u), tf.stop_gradient(v)
        sigma = tf.squeeze(v @ w @ tf.transpose(u))
        real = tf.nn.leaky_relu(batch["real"] @ w / sigma) @ head
        fake = tf.nn.leaky_relu(batch["fake"] @ w / sigma) @ head
        return tf.reduce_mean(tf.nn.relu(1.0 - real)) + tf.reduce_mean(tf.nn.relu(1.0 + fake))

    def candidate(batch):
        frozen = tf.stop_gradient(w)
        u = tf.constant(u0)
        for _ in range(2):
            v = tf.math.l2_normalize(tf.matmul(u, frozen, transpose_b=True))
            u = tf.math.l2_normalize(tf.matmul(v, frozen))
        sigma = tf.matmul(tf.matmul(v, w), u, transpose_b=True)
        kernel = w + tf.stop_gradient(w / sigma - w)
        x = tf.concat([batch["real"], batch["fake"]], axis=0)
        logits = tf.nn.leaky_relu(x @ kernel) @ head
        real, fake = tf.split(logits, 2)
        d_real = tf.reduce_mean(tf.nn.relu(1.0 - real))
        d_fake = tf.reduce_mean(tf.nn.relu(1.0 + fake))
        return d_real + d_fake

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": normal(n, k), "fake": normal(n, k)}, "variables": [w, head]}
