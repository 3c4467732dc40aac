"""Right: stopping the gradient of the mean inside the variance of batch norm changes nothing, as the deviations sum to zero.
Source: https://github.com/tensorflow/tensorflow/pull/24508"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    b, d_in, d, classes, eps = 16, 6, 7, 4, 1e-3
    x = (rng.normal(size=(b, d_in)) + 0.5).astype("float32")
    y = rng.integers(0, classes, size=(b,)).astype("int32")

    kernel = tf.Variable(rng.normal(size=(d_in, d)).astype("float32") * 0.6)
    gamma = tf.Variable(rng.uniform(0.5, 1.5, size=(d,)).astype("float32"))
    beta = tf.Variable(rng.normal(size=(d,)).astype("float32") * 0.3)
    out = tf.Variable(rng.normal(size=(d, classes)).astype("float32") * 0.7)

    def reference(batch):
        h = batch["x"] @ kernel
        centring = tf.eye(b) - tf.ones((b, b)) / b
        centred = centring @ h
        scatter = tf.linalg.diag_part(tf.matmul(centred, centred, transpose_a=True)) / b
        normed = centred / tf.sqrt(scatter + eps) * gamma + beta
        logp = tf.nn.log_softmax(tf.nn.relu(normed) @ out)
        return -tf.reduce_sum(tf.one_hot(batch["y"], classes) * logp) / b

    def moments(inputs, axes):
        mean = tf.reduce_mean(inputs, axis=axes, keepdims=True)
        variance = tf.reduce_mean(tf.math.squared_difference(inputs, tf.stop_gradient(mean)), axis=axes)
        return tf.squeeze(mean, axes), variance

    class BatchNorm(keras.layers.Layer):
        def call(self, inputs):
            mean, variance = moments(inputs, [0])
            inv = tf.math.rsqrt(variance + eps) * gamma
            return inputs * inv + (beta - mean * inv)

    norm = BatchNorm()

    def candidate(batch):
        hidden = tf.nn.relu(norm(tf.matmul(batch["x"], kernel)))
        criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return criterion(batch["y"], tf.matmul(hidden, out))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y},
            "variables": [kernel, gamma, beta, out]}
