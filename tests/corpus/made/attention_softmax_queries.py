"""Self-attention as a small keras Layer: softmax over the query axis instead of the key axis (both of length t).

Origin (realistic): (n, query, key) scores and axis=1, copied from a model whose scores were (n, key, query).
Right answer: NOT equivalent; the weights of a query do not sum to one.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'att = keras.ops.softmax(scores, axis=1)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, e = 13, 5, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wq, wk, wv = [tf.Variable(0.8 * arr(d, e), name=f"w{c}") for c in "qkv"]
    ro = tf.Variable(0.8 * arr(e, 1), name="readout")
    batch = {"x": arr(n, t, d), "y": arr(n)}

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            x = b["x"][i]
            q, k, v = x @ wq, x @ wk, x @ wv
            pooled = 0.0
            for a in range(t):
                row = tf.nn.softmax(tf.stack([tf.reduce_sum(q[a] * k[j]) for j in range(t)]) / e**0.5)
                pooled += tf.tanh(tf.reduce_sum(row[:, None] * v, 0))
            total += tf.square(tf.reduce_sum(pooled / t * ro[:, 0]) - b["y"][i])
        return total / m

    def candidate(b):
        class Attend(keras.layers.Layer):
            def call(self, q, k, v):
                scores = keras.ops.einsum("nqe,nke->nqk", q, k) / e**0.5
                att = keras.ops.softmax(scores, axis=1)
                return keras.ops.einsum("nqk,nke->nqe", att, v)

        q, k, v = (tf.tensordot(b["x"], p, 1) for p in (wq, wk, wv))
        pooled = tf.reduce_mean(tf.tanh(Attend(dtype=f)(q, k, v)), axis=1)
        return tf.reduce_mean(tf.square((pooled @ ro)[:, 0] - b["y"]))

    return {"variables": [wq, wk, wv, ro], "batch": batch, "reference": reference, "candidate": candidate}
