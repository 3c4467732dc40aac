"""Factorization machine: the term of the squares multiplies V^2 by X where it needs X^2.

Source (real): https://github.com/Johnson0722/CTR_Prediction/issues/8 (TensorFlow 1, FM.py line 58).
Right answer: NOT equivalent (it is only for one-hot features; here they are real numbers).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "tf.matmul(X, tf.pow(v, 2)),",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, p, k = 30, 7, 4

    w0 = tf.Variable(np.zeros(1, f), name="w0")
    w1 = tf.Variable((0.3 * rng.standard_normal((p, 1))).astype(f), name="w1")
    v = tf.Variable((0.4 * rng.standard_normal((p, k))).astype(f), name="v")
    batch = {"X": rng.standard_normal((n, p)).astype(f), "y": rng.integers(0, 2, n).astype(f)}

    def reference(b):
        # y(x) = w0 + sum_i w_i x_i + sum_{i<j} <v_i, v_j> x_i x_j
        logits = w0[0] + tf.linalg.matvec(b["X"], w1[:, 0])
        for i in range(p):
            for j in range(i + 1, p):
                logits += tf.tensordot(v[i], v[j], 1) * b["X"][:, i] * b["X"][:, j]
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["y"], logits=logits))

    def candidate(b):
        X = b["X"]
        linear_terms = tf.add(tf.matmul(X, w1), w0)
        interaction_terms = 0.5 * tf.reduce_sum(
            tf.subtract(
                tf.pow(tf.matmul(X, v), 2),
                tf.matmul(X, tf.pow(v, 2)),
            ),
            1,
            keepdims=True,
        )
        y_out = tf.add(linear_terms, interaction_terms)
        loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["y"][:, None], logits=y_out)
        return tf.reduce_mean(loss)

    return {"variables": [w0, w1, v], "batch": batch, "reference": reference, "candidate": candidate}
