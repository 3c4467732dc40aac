"""Right: the self-similarity is subtracted as the constant e^(1/T) instead of being masked; its gradient is zero for normalised vectors.

Source (real): https://github.com/Lightning-Universe/lightning-bolts/issues/695
"""
import math

import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    w1 = tf.Variable(rng.normal(0, 0.5, (6, 8)).astype("float32"), name="w1")
    w2 = tf.Variable(rng.normal(0, 0.5, (8, 4)).astype("float32"), name="w2")
    n = 8
    base = rng.normal(size=(n, 6))
    batch = {
        "img_1": (base + 0.4 * rng.normal(size=(n, 6))).astype("float32"),
        "img_2": (base + 0.4 * rng.normal(size=(n, 6))).astype("float32"),
    }
    temperature = 0.5

    def encode(x):
        return tf.math.l2_normalize(tf.nn.elu(x @ w1) @ w2, axis=1)

    def reference(b):
        out = tf.concat([encode(b["img_1"]), encode(b["img_2"])], axis=0)
        sim = out @ tf.transpose(out) / temperature - 1e9 * tf.eye(2 * n)
        labels = tf.concat([tf.range(n, 2 * n), tf.range(n)], axis=0)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, sim))

    def candidate(b):
        out_1, out_2 = encode(b["img_1"]), encode(b["img_2"])
        out = tf.concat([out_1, out_2], axis=0)
        cov = tf.matmul(out, out, transpose_b=True)
        sim = tf.exp(cov / temperature)
        neg = tf.reduce_sum(sim, axis=-1)
        row_sub = tf.fill(tf.shape(neg), math.e ** (1.0 / temperature))
        neg = neg - row_sub
        pos = tf.exp(tf.reduce_sum(out_1 * out_2, axis=-1) / temperature)
        pos = tf.concat([pos, pos], axis=0)
        return -tf.reduce_mean(tf.math.log(pos / neg))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
