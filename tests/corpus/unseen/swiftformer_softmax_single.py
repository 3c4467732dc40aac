"""Efficient additive attention: the softmax of the scores (B, N, 1) is taken over the last axis, so every token has weight one.

Source (real): https://github.com/Amshaker/SwiftFormer/issues/2 (PyTorch, ported; the author confirmed it and later normalised over dim 1).
Right answer: NOT equivalent; the vector w_g that scores the tokens has a gradient of exactly zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "A = tf.nn.softmax(A, axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, tokens, d, classes = 18, 7, 5, 4
    scale = d ** -0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    to_query = tf.Variable(0.6 * arr(d, d), name="to_query")
    to_key = tf.Variable(0.6 * arr(d, d), name="to_key")
    w_g = tf.Variable(arr(d, 1), name="w_g")
    head = tf.Variable(0.5 * arr(d, classes), name="head")
    batch = {"x": arr(n, tokens, d), "label": rng.integers(0, classes, n)}

    def reference(b):
        losses = []
        for i in range(b["x"].shape[0]):
            q = b["x"][i] @ to_query
            k = b["x"][i] @ to_key
            score = tf.squeeze(q @ w_g, -1) * scale
            weight = tf.exp(score - tf.reduce_max(score))
            weight = weight / tf.reduce_sum(weight)
            g = tf.linalg.matvec(q, weight, transpose_a=True)
            out = k * g + q
            logits = tf.linalg.matvec(head, tf.reduce_mean(out, 0), transpose_a=True)
            losses.append(tf.reduce_logsumexp(logits) - logits[b["label"][i]])
        return tf.reduce_mean(tf.stack(losses))

    def candidate(b):
        query = b["x"] @ to_query
        key = b["x"] @ to_key
        query_weight = query @ w_g                       # B x N x 1
        A = query_weight * scale
        A = tf.nn.softmax(A, axis=-1)
        G = tf.reduce_sum(A * query, axis=1)             # B x D
        out = key * G[:, None, :] + query
        logits = tf.reduce_mean(out, axis=1) @ head
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=logits)
        return tf.reduce_mean(ce)

    return {"variables": [to_query, to_key, w_g, head], "batch": batch, "reference": reference, "candidate": candidate}
