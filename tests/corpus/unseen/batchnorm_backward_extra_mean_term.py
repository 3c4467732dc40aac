"""BatchNorm with its own backward pass: an extra term in gmean was thought to be wrong; it multiplies sum(x - mean), which is zero.
Source: https://github.com/apache/mxnet/issues/1053"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k, eps = 16, 4, 6, 1e-3
    w = tf.Variable(rng.normal(size=(d, k)) * 0.7, dtype=f, name="w")
    slope = tf.Variable(1 + 0.3 * rng.normal(size=(k,)), dtype=f, name="slope")
    bias = tf.Variable(0.3 * rng.normal(size=(k,)), dtype=f, name="bias")
    out = tf.Variable(rng.normal(size=(k, 1)), dtype=f, name="out")
    batch = {"x": rng.normal(size=(n, d)).astype(f), "y": rng.normal(size=(n, 1)).astype(f)}

    def reference(batch):
        z = tf.matmul(batch["x"], w)
        mean, var = tf.nn.moments(z, axes=[0])
        z = tf.nn.batch_normalization(z, mean, var, bias, slope, eps)
        return tf.reduce_mean((tf.matmul(tf.tanh(z), out) - batch["y"]) ** 2)

    def candidate(batch):
        @tf.custom_gradient
        def batch_norm(data, gamma, beta):
            scale = 1.0 / tf.cast(tf.shape(data)[0], f)
            mean = scale * tf.reduce_sum(data, axis=0)
            var = scale * tf.reduce_sum(tf.square(data - mean), axis=0)
            normed = (data - mean) / tf.sqrt(var + eps)

            def backward(grad):
                gvar = tf.reduce_sum(grad * gamma * (data - mean) * -0.5 * tf.pow(var + eps, -1.5), axis=0)
                gmean = tf.reduce_sum(grad * gamma, axis=0)
                gmean *= -1.0 / tf.sqrt(var + eps)
                tmp = scale * tf.reduce_sum(-2.0 * (data - mean), axis=0)
                tmp *= gvar
                gmean += tmp
                grad_in = grad * gamma / tf.sqrt(var + eps)
                grad_in += gvar * scale * 2.0 * (data - mean) + gmean * scale
                return grad_in, tf.reduce_sum(grad * normed, axis=0), tf.reduce_sum(grad, axis=0)

            return gamma * normed + beta, backward

        hidden = tf.tanh(batch_norm(tf.matmul(batch["x"], w), slope, bias))
        return tf.reduce_mean(tf.math.squared_difference(hidden @ out, batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, slope, bias, out]}
