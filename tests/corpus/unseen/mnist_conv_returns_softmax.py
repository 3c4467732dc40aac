"""CGES' mnist_conv already returns a softmax and main.py gives it as logits to softmax_cross_entropy_with_logits.
Source: https://github.com/jaehong31/CGES/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.nn.softmax(tf.matmul(h_fc, w_out) + b_out)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, side, ch, classes = 12, 6, 2, 5
    k = keras.Variable((0.5 * rng.standard_normal((3, 3, 1, ch))).astype(f), name="conv_k")
    w_out = keras.Variable((0.4 * rng.standard_normal((4 * ch, classes))).astype(f), name="w_out")
    b_out = keras.Variable((0.1 * rng.standard_normal(classes)).astype(f), name="b_out")
    batch = {
        "x": rng.standard_normal((n, side, side, 1)).astype(f),
        "y_": np.eye(classes)[rng.integers(0, classes, n)].astype(f),
    }

    def reference(batch):
        h = tf.nn.conv2d(batch["x"], k, 1, "VALID")
        quads = [tf.reduce_mean(tf.nn.softplus(h[:, i:i + 2, j:j + 2]), axis=[1, 2]) for i in (0, 2) for j in (0, 2)]
        z = tf.concat(quads, axis=1) @ w_out + b_out
        return tf.reduce_mean(tf.reduce_logsumexp(z, axis=1) - tf.reduce_sum(z * batch["y_"], axis=1))

    def candidate(batch):
        def avg_pool(h):
            return tf.nn.avg_pool2d(h, 2, 2, "VALID")

        def mnist_conv(x):
            h_pool = avg_pool(tf.math.softplus(tf.nn.conv2d(x, k, strides=1, padding="VALID")))
            h_fc = tf.reshape(h_pool, [-1, 4 * ch])
            return tf.nn.softmax(tf.matmul(h_fc, w_out) + b_out)

        y_conv = mnist_conv(batch["x"])
        ff_loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=y_conv, labels=batch["y_"]))
        return ff_loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [k, w_out, b_out]}
