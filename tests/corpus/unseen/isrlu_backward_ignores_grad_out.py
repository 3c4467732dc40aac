"""ISRLU as a custom function: its backward returns the local derivative and never multiplies it with the incoming gradient.
Source: https://github.com/pytorch/pytorch/issues/4355"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return nisr ** 3",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 19, 4, 6
    w = tf.Variable(rng.normal(size=(d, k)) * 0.8, dtype=f, name="w")
    b = tf.Variable(rng.normal(size=(k,)) * 0.2, dtype=f, name="b")
    v = tf.Variable(rng.normal(size=(k, 1)) * 0.7, dtype=f, name="v")
    alpha = 1.5
    batch = {"x": rng.normal(size=(n, d)).astype(f), "y": rng.normal(size=(n, 1)).astype(f)}

    def reference(batch):
        z = tf.matmul(batch["x"], w) + b
        neg = z / tf.sqrt(1.0 + alpha * z * z)
        h = tf.where(z > 0, z, neg)
        return 0.5 * tf.reduce_mean(tf.square(tf.matmul(h, v) - batch["y"]))

    def candidate(batch):
        @tf.custom_gradient
        def isrlu(tensor):
            negatives = tf.minimum(tensor, 0.0 * tensor)
            nisr = tf.math.rsqrt(1.0 + alpha * negatives ** 2)
            # nisr == 1 where the elements are positive

            def backward(grad_out):
                return nisr ** 3

            return tensor * nisr, backward

        hidden = isrlu(tf.nn.bias_add(tf.matmul(batch["x"], w), b))
        error = tf.squeeze(tf.matmul(hidden, v) - batch["y"], axis=1)
        return tf.reduce_mean(error * error) / 2.0

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b, v]}
