"""Wrong: predicted ratings of shape (n, 1) minus ratings of shape (n,) give an (n, n) table.

Source (real): https://github.com/pytorch/pytorch/issues/16045
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'sq_err = tf.math.squared_difference(yhat, b["rating"])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    P = tf.Variable(rng.normal(0, 0.5, (9, 4)).astype("float32"), name="P")
    Q = tf.Variable(rng.normal(0, 0.5, (12, 4)).astype("float32"), name="Q")
    bu = tf.Variable(rng.normal(0, 0.2, (9, 1)).astype("float32"), name="bu")
    bi = tf.Variable(rng.normal(0, 0.2, (12, 1)).astype("float32"), name="bi")
    n = 20
    batch = {
        "user": rng.integers(0, 9, n).astype("int32"),
        "item": rng.integers(0, 12, n).astype("int32"),
        "rating": rng.integers(1, 6, n).astype("float32") - 3.0,
        "conf": rng.uniform(0.5, 1.5, n).astype("float32"),
    }
    lam = 0.02

    def reference(b):
        total = 0.0
        for k in range(n):
            u, i = b["user"][k], b["item"][k]
            err = tf.tensordot(P[u], Q[i], 1) + bu[u, 0] + bi[i, 0] - b["rating"][k]
            total += b["conf"][k] * err**2 + lam * (tf.reduce_sum(P[u] ** 2) + tf.reduce_sum(Q[i] ** 2))
        return total / n

    def candidate(b):
        p_u = tf.nn.embedding_lookup(P, b["user"])
        q_i = tf.nn.embedding_lookup(Q, b["item"])
        inter = tf.reduce_sum(p_u * q_i, axis=1, keepdims=True)
        yhat = inter + tf.gather(bu, b["user"]) + tf.gather(bi, b["item"])
        sq_err = tf.math.squared_difference(yhat, b["rating"])
        fit = tf.reduce_mean(b["conf"] * sq_err)
        reg = tf.reduce_mean(tf.reduce_sum(tf.square(p_u), 1) + tf.reduce_sum(tf.square(q_i), 1))
        return fit + lam * reg

    return {"variables": [P, Q, bu, bi], "batch": batch, "reference": reference, "candidate": candidate}
