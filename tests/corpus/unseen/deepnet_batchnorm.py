"""BatchNorm computes its mean and variance for every position of the batch rather than per channel.
Source: https://github.com/parasdahal/deepnet/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "mu, var = tf.nn.moments(feat, axes=[0], keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, h, w, c_in, c = 4, 3, 3, 2, 3
    x = rng.normal(size=(n, h, w, c_in)).astype(fx)
    y = rng.integers(0, 4, size=(n,))
    kernel = tf.Variable(rng.normal(size=(3, 3, c_in, c)).astype(fx), name="kernel")
    gamma = tf.Variable(rng.uniform(0.5, 1.5, size=(c,)).astype(fx), name="gamma")
    beta = tf.Variable(rng.normal(size=(c,)).astype(fx), name="beta")
    head = tf.Variable((0.4 * rng.normal(size=(h * w * c, 4))).astype(fx), name="head")

    def reference(batch):
        f = tf.nn.conv2d(batch["x"], kernel, 1, "SAME")
        flat = tf.reshape(f, (-1, c))
        m = tf.reduce_mean(flat, axis=0)
        s = tf.sqrt(tf.reduce_mean(tf.square(flat - m), axis=0) + 1e-5)
        act = tf.nn.relu(gamma * (f - m) / s + beta)
        logits = tf.reshape(act, (n, -1)) @ head
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))

    def candidate(batch):
        def batchnorm_forward(feat):
            mu, var = tf.nn.moments(feat, axes=[0], keepdims=True)
            feat_norm = (feat - mu) / tf.sqrt(var + 1e-5)
            return gamma * feat_norm + beta

        out = tf.nn.conv2d(batch["x"], kernel, 1, "SAME")
        out = tf.nn.relu(batchnorm_forward(out))
        out = tf.reshape(out, (n, h * w * c))
        scores = out @ head
        shifted = scores - tf.reduce_max(scores, axis=1, keepdims=True)
        log_probs = shifted - tf.math.log(tf.reduce_sum(tf.exp(shifted), axis=1, keepdims=True))
        return -tf.reduce_mean(tf.gather(log_probs, batch["y"], batch_dims=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y}, "variables": [kernel, gamma, beta, head]}
