"""Norm activation of an equivariant network: vectors are scaled by act(norm) / norm with a floor for the norm.
The floor is put on the norm after the square root, so a zero vector gives NaN gradients.
Source: https://github.com/e3nn/e3nn/pull/258"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "norms = tf.reduce_sum(features ** 2, axis=-1, keepdims=True) ** 0.5",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, c_in, c, dim = 15, 2, 4, 3
    vec = rng.normal(size=(n, c_in, dim)).astype(f)
    vec[3] = 0.0
    y = rng.normal(size=(n, dim)).astype(f)
    lin = tf.Variable(rng.normal(size=(c, c_in)).astype(f), name="lin")
    bias = tf.Variable((0.3 * rng.normal(size=(c,))).astype(f), name="bias")
    read = tf.Variable(rng.normal(size=(c,)).astype(f), name="read")
    eps = 1e-4

    def reference(batch):
        h = tf.einsum("ci,nid->ncd", lin, batch["vec"])
        length = tf.sqrt(tf.maximum(tf.reduce_sum(h * h, axis=2), eps ** 2))
        gate = tf.sigmoid(length + bias) / length
        out = tf.einsum("c,nc,ncd->nd", read, gate, h)
        return tf.reduce_mean((out - batch["y"]) ** 2)

    def candidate(batch):
        class NormActivation:
            def __init__(self, scalar_nonlinearity, epsilon, biases):
                self.act, self.epsilon, self.biases = scalar_nonlinearity, epsilon, biases

            def __call__(self, features):
                norms = tf.reduce_sum(features ** 2, axis=-1, keepdims=True) ** 0.5
                norms = tf.maximum(norms, self.epsilon)
                scalings = self.act(norms + self.biases[:, None])
                return features * scalings / norms

        activation = NormActivation(keras.activations.sigmoid, eps, bias)
        out = activation(tf.matmul(lin, batch["vec"]))
        out = tf.reduce_sum(out * read[None, :, None], axis=1)
        return tf.reduce_mean(tf.square(out - batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": {"vec": vec, "y": y},
            "variables": [lin, bias, read]}
