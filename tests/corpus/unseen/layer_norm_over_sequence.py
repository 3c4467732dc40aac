"""LayerNormalization of a transformer that takes mean and deviation along seq_len rather than along the features.
Source: https://github.com/jadore801120/attention-is-all-you-need-pytorch/pull/17"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "mu, var = tf.nn.moments(z, axes=[1], keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, d_model, d_inner, eps = 13, 5, 6, 9, 1e-3
    w1 = tf.Variable(rng.normal(size=(d_model, d_inner)) * 0.5, dtype=f, name="w_1")
    w2 = tf.Variable(rng.normal(size=(d_inner, d_model)) * 0.5, dtype=f, name="w_2")
    a2 = tf.Variable(1 + 0.3 * rng.normal(size=(d_model,)), dtype=f, name="a_2")
    b2 = tf.Variable(0.3 * rng.normal(size=(d_model,)), dtype=f, name="b_2")
    batch = {
        "x": rng.normal(size=(n, steps, d_model)).astype(f),
        "y": rng.normal(size=(n, steps, d_model)).astype(f),
    }

    def reference(batch):
        rows = tf.reshape(batch["x"], (-1, d_model))
        z = tf.nn.relu(tf.matmul(rows, w1)) @ w2 + rows
        centred = z - tf.reduce_sum(z, 1, keepdims=True) / d_model
        sigma = tf.sqrt(tf.reduce_sum(centred ** 2, 1, keepdims=True) / d_model)
        out = a2 * centred / (sigma + eps) + b2
        return tf.reduce_mean((out - tf.reshape(batch["y"], (-1, d_model))) ** 2)

    def candidate(batch):
        class LayerNormalization:
            def __init__(self, scale, shift, eps=eps):
                self.a_2, self.b_2, self.eps = scale, shift, eps

            def __call__(self, z):
                if z.shape[1] == 1:
                    return z
                mu, var = tf.nn.moments(z, axes=[1], keepdims=True)
                ln_out = (z - mu) / (tf.sqrt(var) + self.eps)
                return ln_out * self.a_2[None, None] + self.b_2[None, None]

        class PositionwiseFeedForward:
            def __init__(self):
                self.layer_norm = LayerNormalization(a2, b2)

            def __call__(self, x):
                residual = x
                output = tf.nn.relu(tf.nn.conv1d(x, w1[None], stride=1, padding="VALID"))
                output = tf.nn.conv1d(output, w2[None], stride=1, padding="VALID")
                return self.layer_norm(output + residual)

        return tf.reduce_mean(tf.math.squared_difference(PositionwiseFeedForward()(batch["x"]), batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2, a2, b2]}
