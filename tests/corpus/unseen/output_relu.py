"""All gradients diminish: a ReLU was left on the output layer, and the pre-activations are negative.
Source: https://github.com/chelsea0x3b/dfdx/issues/486"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "x = tf.nn.relu(tf.matmul(x, kernel) + bias)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, d, h = 5, 4, 6
    w1, b1 = tf.Variable(f(d, h), name="w1"), tf.Variable(0.1 * f(h), name="b1")
    w2, b2 = tf.Variable(-np.abs(f(h, 2)), name="w2"), tf.Variable(-np.abs(f(2)) - np.array(0.5, dtype=fx), name="b2")

    def reference(batch):
        hidden = tf.maximum(batch["x"] @ w1 + b1, 0.0)
        err = hidden @ w2 + b2 - batch["y"]
        return tf.reduce_mean(err ** 2)

    def candidate(batch):
        x = batch["x"]
        for kernel, bias in ((w1, b1), (w2, b2)):
            x = tf.nn.relu(tf.matmul(x, kernel) + bias)
        return keras.ops.mean(keras.losses.mean_squared_error(batch["y"], x))

    return {"reference": reference, "candidate": candidate, "batch": {"x": f(n, d), "y": f(n, 2)},
            "variables": [w1, b1, w2, b2]}
