"""Attention layer whose softmax flattens the scores, so all queries of a sample share one distribution.

Source (real): https://github.com/nntrainer/nntrainer/pull/1602 (C++: softmax flattened the tensor unintentionally; ported. Also pull/430).
Right answer: NOT equivalent. The weights have to add up to one for every query, over the last axis only.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "flat = tf.nn.softmax(tf.reshape(scores, [scores.shape[0], -1]))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, tq, tv, d, dim = 15, 3, 5, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_q = tf.Variable(0.6 * arr(d, dim), name="wq")
    w_k = tf.Variable(0.6 * arr(d, dim), name="wk")
    w_v = tf.Variable(0.6 * arr(d, dim), name="wv")
    fc = tf.Variable(0.6 * arr(dim), name="fc")
    batch = {"query": arr(n, tq, d), "value": arr(n, tv, d), "target": arr(n, tq)}

    def reference(b):
        loss = 0.0
        m = b["query"].shape[0]
        for i in range(m):
            keys, values = b["value"][i] @ w_k, b["value"][i] @ w_v
            for t in range(tq):
                q = tf.linalg.matvec(w_q, b["query"][i, t], transpose_a=True)
                e = tf.exp(tf.linalg.matvec(keys, q))
                context = tf.linalg.matvec(values, e / tf.reduce_sum(e), transpose_a=True)
                loss += (tf.reduce_sum(tf.tanh(context) * fc) - b["target"][i, t]) ** 2
        return loss / (m * tq)

    def candidate(b):
        class Softmax:
            def __call__(self, scores):
                flat = tf.nn.softmax(tf.reshape(scores, [scores.shape[0], -1]))
                return tf.reshape(flat, scores.shape)

        class AttentionLayer(keras.layers.Layer):
            def __init__(self):
                super().__init__()
                self.sm = Softmax()

            def call(self, query, value, key):
                score = tf.matmul(query, key, transpose_b=True)
                return tf.matmul(self.sm(score), value)

        context = AttentionLayer()(b["query"] @ w_q, b["value"] @ w_v, b["value"] @ w_k)
        output = tf.linalg.matvec(tf.tanh(context), fc)
        return tf.reduce_mean(tf.square(output - b["target"]))

    return {"variables": [w_q, w_k, w_v, fc], "batch": batch, "reference": reference, "candidate": candidate}
