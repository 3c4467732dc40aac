"""SpectralNorm in eval mode reuses a stored weight that is not connected to weight_orig.
Source: https://github.com/pytorch/pytorch/issues/12737"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'weight = tf.constant(compute_weight(training=False).numpy())',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, k, h = 5, 4, 6
    gen = tf.Variable(normal(3, k), name="generator")
    weight_orig = tf.Variable(normal(k, h), name="weight_orig")
    top = tf.Variable(normal(h, 1), name="top")
    u0 = normal(h)

    def reference(batch):
        v = tf.math.l2_normalize(tf.linalg.matvec(weight_orig, u0))
        u = tf.stop_gradient(tf.math.l2_normalize(tf.linalg.matvec(weight_orig, v, transpose_a=True)))
        v = tf.stop_gradient(v)
        sigma = tf.reduce_sum(v[:, None] * weight_orig * u)
        fake = tf.tanh(batch["z"] @ gen)
        score = tf.nn.leaky_relu(fake @ (weight_orig / sigma)) @ top
        return tf.reduce_mean(tf.nn.softplus(-score))

    def candidate(batch):
        def compute_weight(training):
            mat = tf.convert_to_tensor(weight_orig)
            u = tf.constant(u0)
            for _ in range(1):
                v = tf.math.l2_normalize(tf.linalg.matvec(mat, u))
                u = tf.math.l2_normalize(tf.linalg.matvec(mat, v, transpose_a=True))
            u, v = tf.stop_gradient(u), tf.stop_gradient(v)
            sigma = tf.tensordot(v, tf.linalg.matvec(mat, u), 1)
            return mat / sigma

        weight = tf.constant(compute_weight(training=False).numpy())
        images = tf.tanh(tf.matmul(batch["z"], gen))
        features = tf.nn.leaky_relu(tf.matmul(images, weight))
        logits = tf.matmul(features, top)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones_like(logits), logits=logits)
        return tf.reduce_mean(bce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"z": normal(n, 3)}, "variables": [gen, weight_orig, top]}
