"""DSH hashing loss: the quantisation term takes sign() of the codes where the paper has the absolute value.
Source: https://github.com/swuxyj/DeepHash-pytorch/issues/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "penalty = tf.reduce_mean(tf.abs(1.0 - tf.sign(codes)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, bits, classes = 6, 5, 8, 3
    alpha, margin = 0.5, 2.0 * bits
    kernel = tf.Variable((0.6 * rng.normal(size=(d, bits))).astype(fx), name="hash_kernel")
    bias = tf.Variable((0.1 * rng.normal(size=(bits,))).astype(fx), name="hash_bias")
    labels = np.eye(classes)[rng.integers(0, classes, n)]

    def reference(batch):
        u = tf.matmul(batch["x"], kernel) + bias
        y = batch["y"]
        total = 0.0
        for i in range(n):
            for j in range(n):
                dist = tf.reduce_sum((u[i] - u[j]) ** 2)
                same = tf.reduce_sum(y[i] * y[j])
                total += same * dist / 2 + (1.0 - same) * tf.nn.relu(margin - dist) / 2
        quant = tf.reduce_mean(tf.abs(1.0 - tf.abs(u)))
        return total / (n * n) + alpha * quant

    def candidate(batch):
        codes = tf.matmul(batch["x"], kernel) + bias
        sq = tf.reduce_sum(tf.square(codes), axis=1)
        dist = sq[:, None] + sq[None, :] - 2.0 * tf.matmul(codes, codes, transpose_b=True)
        dissimilar = tf.cast(tf.matmul(batch["y"], batch["y"], transpose_b=True) == 0, dist.dtype)
        pair = (1.0 - dissimilar) / 2 * dist + dissimilar / 2 * tf.maximum(margin - dist, 0.0)
        penalty = tf.reduce_mean(tf.abs(1.0 - tf.sign(codes)))
        return tf.reduce_mean(pair) + alpha * penalty

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "y": labels.astype(fx)},
            "variables": [kernel, bias]}
