"""A ReLU with tf.custom_gradient whose grad function returns the local derivative and forgets the upstream gradient.

Source (real): https://github.com/tensorflow/tensorflow/issues/30883 (TensorFlow; written there with tf.cond for a scalar).
Right answer: NOT equivalent. grad(dy) has to return dy * 1[x > 0].
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.where(x > 0, tf.ones_like(dy), tf.zeros_like(dy))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, h1, classes = 28, 6, 8, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    k1 = tf.Variable(0.6 * arr(d, h1), name="dense1_kernel")
    b1 = tf.Variable(0.2 * arr(h1), name="dense1_bias")
    k2 = tf.Variable(0.6 * arr(h1, classes), name="dense2_kernel")
    batch = {"x": arr(n, d), "label": rng.integers(0, classes, n)}

    def xent(logits, label):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=logits))

    def reference(b):
        return xent(tf.nn.relu(b["x"] @ k1 + b1) @ k2, b["label"])

    def candidate(b):
        @tf.custom_gradient
        def relu(x):
            def grad(dy):
                return tf.where(x > 0, tf.ones_like(dy), tf.zeros_like(dy))

            return tf.nn.relu(x), grad

        net = tf.nn.bias_add(tf.matmul(b["x"], k1), b1)
        net = relu(net)
        return xent(tf.matmul(net, k2), b["label"])

    return {"variables": [k1, b1, k2], "batch": batch, "reference": reference, "candidate": candidate}
