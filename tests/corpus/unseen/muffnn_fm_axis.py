"""Suspected: axis=1 of the interaction term of a factorization machine; the rank was stacked there, so it is right.
Source: https://github.com/civisanalytics/muffnn/pull/50"""
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
    fx = keras.config.floatx()
    n, d, rank, out = 6, 5, 3, 4
    v = tf.Variable((0.6 * rng.normal(size=(rank, d, out))).astype(fx), name="v")
    beta = tf.Variable(rng.normal(size=(d, out)).astype(fx), name="beta")
    beta0 = tf.Variable(rng.normal(size=(out,)).astype(fx), name="beta0")

    def reference(batch):
        x = batch["x"]
        logits = x @ beta + beta0
        for i in range(d):
            for j in range(i + 1, d):
                weight = tf.reduce_sum(v[:, i] * v[:, j], 0)
                logits += (x[:, i] * x[:, j])[:, None] * weight[None]
        logp = tf.nn.log_softmax(logits)
        return -tf.reduce_mean(tf.gather(logp, batch["y"], batch_dims=1))

    def candidate(batch):
        x = batch["x"]
        x2 = x * x
        vx = tf.stack([tf.matmul(x, v[i, :, :]) for i in range(rank)], axis=1)
        v2 = v * v
        v2x2 = tf.stack([tf.matmul(x2, v2[i, :, :]) for i in range(rank)], axis=1)
        int_term = 0.5 * tf.reduce_sum(tf.square(vx) - v2x2, axis=1)
        logits = beta0 + tf.matmul(x, beta) + int_term
        obj = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_mean(obj)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "x": rng.normal(size=(n, d)).astype(fx), "y": rng.integers(0, out, size=n).astype("int32"),
        },
        "variables": [v, beta, beta0],
    }
