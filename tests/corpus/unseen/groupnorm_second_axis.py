"""tensorflow/addons GroupNormalization normalised over the second axis instead of the selected channel axis.
Source: https://github.com/tensorflow/addons/pull/611"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'x = tf.reshape(tf.transpose(feat, [0, 2, 1]), [b, groups, length // groups, ch])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()
    b, length, ch, groups, n_cls = 4, 6, 6, 3, 3
    kernel = tf.Variable(rng.normal(size=(5, ch)).astype(F), name="kernel")
    gamma = tf.Variable((1 + 0.3 * rng.normal(size=ch)).astype(F), name="gamma")
    beta = tf.Variable((0.3 * rng.normal(size=ch)).astype(F), name="beta")
    head = tf.Variable(rng.normal(size=(ch, n_cls)).astype(F), name="head")

    def reference(batch):
        h = tf.einsum("blf,fc->blc", batch["x"], kernel)
        pieces = []
        for part in tf.split(h, groups, axis=-1):
            mu = tf.reduce_mean(part, axis=[1, 2], keepdims=True)
            var = tf.reduce_mean((part - mu) ** 2, axis=[1, 2], keepdims=True)
            pieces.append((part - mu) / tf.sqrt(var + 1e-3))
        h = tf.nn.relu(tf.concat(pieces, -1) * gamma + beta)
        logits = tf.reduce_mean(h, 1) @ head
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))

    def candidate(batch):
        feat = tf.transpose(tf.matmul(batch["x"], kernel), [0, 2, 1])
        x = tf.reshape(tf.transpose(feat, [0, 2, 1]), [b, groups, length // groups, ch])
        mean, variance = tf.nn.moments(x, axes=[2, 3], keepdims=True)
        x = (x - mean) * tf.math.rsqrt(variance + 1e-3)
        x = tf.reshape(x, [b, length, ch])
        out = tf.nn.relu(x * gamma[None, None, :] + beta[None, None, :])
        pooled = tf.reduce_mean(out, axis=1)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=tf.matmul(pooled, head))
        return tf.reduce_mean(nll)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, length, 5)).astype(F) + np.arange(length)[None, :, None].astype(F) * 0.4,
                      "y": rng.integers(0, n_cls, b)},
            "variables": [kernel, gamma, beta, head]}
