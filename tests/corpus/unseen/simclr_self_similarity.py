"""NT-Xent that subtracts exp(1/T) from the row sum instead of masking the diagonal, reported as leaking a gradient through the
(x, x) pair; with normalised embeddings that gradient is zero. Source: https://github.com/Lightning-Universe/lightning-bolts/issues/695"""
import math
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, d = 6, 10
    base = rng.normal(size=(n, d))
    x1 = (base + 0.3 * rng.normal(size=(n, d))).astype("float32")
    x2 = (base + 0.3 * rng.normal(size=(n, d))).astype("float32")
    encoder = keras.Sequential([keras.Input((d,)), keras.layers.Dense(12, activation="gelu")])
    projection = keras.Sequential([keras.Input((12,)), keras.layers.Dense(8, activation="relu"),
                                   keras.layers.Dense(5, use_bias=False)])
    temperature, eps = 0.5, 1e-6

    def project(x):
        return tf.math.l2_normalize(projection(encoder(x)), axis=1)

    def reference(batch):
        z = tf.concat([project(batch["x1"]), project(batch["x2"])], axis=0)
        sim = tf.matmul(z, z, transpose_b=True) / temperature
        eye = tf.eye(2 * n)
        logits = sim - 1e9 * eye
        labels = tf.concat([tf.range(n, 2 * n), tf.range(n)], axis=0)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))

    def candidate(batch):
        out_1, out_2 = project(batch["x1"]), project(batch["x2"])
        out = tf.concat([out_1, out_2], axis=0)
        sim = tf.exp(tf.matmul(out, out, transpose_b=True) / temperature)
        neg = tf.reduce_sum(sim, axis=-1)
        row_sub = tf.fill(tf.shape(neg), math.e ** (1 / temperature))
        neg = tf.maximum(neg - row_sub, eps)
        pos = tf.exp(tf.reduce_sum(out_1 * out_2, axis=-1) / temperature)
        pos = tf.concat([pos, pos], axis=0)
        return tf.reduce_mean(-tf.math.log(pos / neg))

    return {"reference": reference, "candidate": candidate, "batch": {"x1": x1, "x2": x2},
            "variables": encoder.trainable_variables + projection.trainable_variables}
