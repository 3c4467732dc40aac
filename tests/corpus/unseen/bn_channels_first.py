"""Batch norm for channels-first data: the moments come without kept dims and meet the last axis instead.
Source: https://github.com/tensorlayer/TensorLayer/pull/963"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'mean, variance = tf.nn.moments(y, axes=[0, 2, 3])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, c, hgt, wid = 4, 3, 5, 3
    k1 = var("k1", c, c)
    gamma = tf.Variable((1 + 0.3 * rng.normal(size=c)).astype(f), name="gamma")
    beta = var("beta", c)
    out = var("out", c, 2)

    def head(y, labels):
        pooled = tf.reduce_mean(tf.nn.relu(y), axis=[2, 3])
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=pooled @ out)
        return tf.reduce_mean(ce)

    def reference(batch):
        y = tf.einsum("bihw,io->bohw", batch["x"], k1) + batch["shift"][None, :, None, None]
        planes = []
        for ch in range(c):
            plane = y[:, ch]
            mu = tf.reduce_mean(plane)
            sd = tf.sqrt(tf.reduce_mean((plane - mu) ** 2) + 1e-5)
            planes.append(gamma[ch] * (plane - mu) / sd + beta[ch])
        return head(tf.stack(planes, axis=1), batch["label"])

    def candidate(batch):
        y = tf.einsum("bihw,io->bohw", batch["x"], k1) + batch["shift"][None, :, None, None]
        scale, offset = tf.reshape(gamma, [1, c, 1, 1]), tf.reshape(beta, [1, c, 1, 1])
        mean, variance = tf.nn.moments(y, axes=[0, 2, 3])
        y = tf.nn.batch_normalization(y, mean, variance, offset, scale, 1e-5)
        return head(y, batch["label"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, c, hgt, wid), "shift": 2 * arr(c), "label": rng.integers(0, 2, n)},
            "variables": [k1, gamma, beta, out]}
