"""The ladder network's own batch normalisation computes the variance from a detached copy, so no gradient flows through the scale.

Source (real): https://github.com/abhiskk/ladder/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'var_ = tf.reduce_mean(tf.square(tf.stop_gradient(z - mu)), axis=0)',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, k = 12, 6, 4
    w1, w2, wv = var("w1", d, 5), var("w2", 5, k), var("w_decode", k, 5)
    gamma, beta = tf.Variable(np.ones(k, "float32"), name="gamma"), var("beta", k)
    batch = {"x": arr(n, d), "noise": arr(n, 5, scale=0.3), "y": rng.integers(0, k, size=(n,))}

    def cost(z1, z1_noisy, logits, b):
        ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=logits))
        denoise = tf.reduce_mean(tf.square(z1 - (z1_noisy + tf.nn.softmax(logits) @ wv)))
        return ce + 0.5 * denoise

    def reference(b):
        def bn(z):
            mu, var_ = tf.nn.moments(z, axes=[0])
            return (z - mu) / tf.sqrt(var_ + 1e-6)

        z1 = bn(b["x"] @ w1)
        noisy = z1 + b["noise"]
        logits = bn(tf.nn.relu(noisy) @ w2) * gamma + beta
        return cost(z1, noisy, logits, b)

    def candidate(b):
        def bn(z):
            mu = tf.reduce_mean(z, axis=0)
            var_ = tf.reduce_mean(tf.square(tf.stop_gradient(z - mu)), axis=0)
            return (z - mu) / tf.sqrt(var_ + 1e-6)

        z1 = bn(b["x"] @ w1)
        noisy = z1 + b["noise"]
        logits = bn(tf.nn.relu(noisy) @ w2) * gamma + beta
        return cost(z1, noisy, logits, b)

    return {"variables": [w1, w2, wv, gamma, beta], "batch": batch, "reference": reference, "candidate": candidate}
