"""moments(): variance as E[x^2] - E[x]^2 with the mean detached in the second term, so normalisation gets a wrong gradient.
Source: https://github.com/keras-team/keras/pull/19102"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "square_of_mean = keras.ops.square(keras.ops.stop_gradient(mean))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, c, k = 15, 4, 3, 5
    x = (0.8 * rng.standard_normal((n, t, c)) + 0.5).astype(f)
    target = rng.standard_normal((n, k)).astype(f)
    conv = tf.Variable(rng.standard_normal((c, k)) * 0.7, dtype=f, name="conv")
    bias = tf.Variable(rng.standard_normal((k,)) * 0.5, dtype=f, name="bias")
    scale = tf.Variable(rng.uniform(0.6, 1.4, (k,)), dtype=f, name="scale")

    def project(inputs):
        return tf.nn.softplus(tf.einsum("ntc,ck->ntk", inputs, conv) + bias)

    def reference(batch):
        z = project(batch["x"])
        mean, variance = tf.nn.moments(z, axes=[0, 1], keepdims=True)
        normed = (z - mean) / tf.sqrt(variance + 1e-3) * scale
        pooled = tf.reduce_mean(tf.tanh(normed), axis=1)
        return tf.reduce_mean(tf.reduce_sum((pooled - batch["target"]) ** 2, axis=1))

    def candidate(batch):
        def moments(tensor, axes):
            mean = keras.ops.mean(tensor, axis=axes, keepdims=True)
            square_of_mean = keras.ops.square(keras.ops.stop_gradient(mean))
            mean_of_square = keras.ops.mean(keras.ops.square(tensor), axis=axes, keepdims=True)
            return mean, mean_of_square - square_of_mean

        def batch_normalization(tensor, axes, gamma, epsilon=1e-3):
            mean, variance = moments(tensor, axes)
            inv = keras.ops.rsqrt(variance + epsilon) * gamma
            return tensor * inv - mean * inv

        out = batch_normalization(project(batch["x"]), (0, 1), scale)
        out = keras.ops.mean(keras.ops.tanh(out), axis=1)
        return keras.ops.mean(keras.ops.sum(keras.ops.square(batch["target"] - out), axis=-1))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "target": target},
            "variables": [conv, bias, scale]}
