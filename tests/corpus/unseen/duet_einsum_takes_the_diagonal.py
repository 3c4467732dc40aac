"""DUET's learned Mahalanobis distance multiplies the differences by a full matrix A; the einsum repeats the
index ("dd,bxcd->bxcd") and therefore uses only A's diagonal.
Source: https://github.com/decisionintelligence/DUET/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'temp = tf.einsum("dd,bxcd->bxcd", A, diff)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, ch, length, out = 13, 4, 5, 3
    A = tf.Variable((0.3 * np.eye(length) + 0.3 * rng.standard_normal((length, length))).astype(f), name="A")
    proj = tf.Variable(0.5 * rng.standard_normal((length, out)).astype(f), name="proj")
    batch = {
        "x": rng.standard_normal((n, ch, length)).astype(f),
        "y": rng.standard_normal((n, ch, out)).astype(f),
    }

    def reference(b):
        rows = []
        for i in range(ch):
            dist = []
            for j in range(ch):
                delta = b["x"][:, i] - b["x"][:, j]
                dist.append(tf.reduce_sum((delta @ tf.transpose(A)) * delta, axis=-1))
            share = tf.nn.softmax(-tf.stack(dist, axis=-1))
            rows.append(tf.reduce_sum(share[..., None] * b["x"], axis=1) @ proj)
        return tf.reduce_mean((tf.stack(rows, axis=1) - b["y"]) ** 2)

    def candidate(b):
        def calculate_prob_distance(X):
            x1 = tf.expand_dims(X, 2)
            x2 = tf.expand_dims(X, 1)
            diff = x1 - x2
            temp = tf.einsum("dd,bxcd->bxcd", A, diff)
            dist = tf.einsum("bxcd,bxcd->bxc", diff, temp)
            return keras.ops.softmax(-dist, axis=-1)

        mask = calculate_prob_distance(b["x"])
        v = tf.tensordot(tf.matmul(mask, b["x"]), proj, axes=1)
        return tf.reduce_mean(tf.math.squared_difference(v, b["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [A, proj]}
