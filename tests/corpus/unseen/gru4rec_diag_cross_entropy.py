"""GRU4Rec cross entropy over in-batch items: only the diagonal of yhat enters, which looks as if negatives were ignored.

Source (real): https://github.com/Songweiping/GRU4Rec_TensorFlow/issues/7 (TensorFlow 1; asked whether the negatives are missing, answered no).
Right answer: EQUIVALENT; the negatives are in the normaliser of the softmax, and the one-hot labels pick the diagonal.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, n_items, rnn_size = 15, 21, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    embedding = tf.Variable(0.8 * arr(n_items, 3 * rnn_size), name="embedding")
    recurrent = tf.Variable(0.6 * arr(rnn_size, 3 * rnn_size), name="recurrent")
    softmax_W = tf.Variable(0.8 * arr(n_items, rnn_size), name="softmax_W")
    softmax_b = tf.Variable(0.3 * arr(n_items), name="softmax_b")
    batch = {"X": rng.integers(0, n_items, n), "Y": rng.integers(0, n_items, n), "state": np.tanh(arr(n, rnn_size))}

    def gru(X, state):
        xz, xr, xh = tf.split(tf.gather(embedding, X), 3, axis=-1)
        hz, hr, hh = tf.split(state @ recurrent, 3, axis=-1)
        z, r = tf.sigmoid(xz + hz), tf.sigmoid(xr + hr)
        return z * state + (1 - z) * tf.tanh(xh + r * hh)

    def reference(b):
        output = gru(b["X"], b["state"])
        total = 0.0
        for i in range(b["X"].shape[0]):
            scores = []
            for item in b["Y"].numpy():
                scores.append(tf.reduce_sum(output[i] * softmax_W[item]) + softmax_b[item])
            label = tf.one_hot(i, len(scores), dtype=output.dtype)
            total += tf.nn.softmax_cross_entropy_with_logits(labels=label, logits=tf.stack(scores))
        return total / b["X"].shape[0]

    def candidate(b):
        def softmax(X):
            return tf.nn.softmax(X)

        def cross_entropy(yhat):
            return tf.reduce_mean(-tf.math.log(tf.linalg.diag_part(yhat) + 1e-24))

        output = gru(b["X"], b["state"])
        sampled_W = tf.nn.embedding_lookup(softmax_W, b["Y"])
        sampled_b = tf.nn.embedding_lookup(softmax_b, b["Y"])
        logits = tf.matmul(output, sampled_W, transpose_b=True) + sampled_b
        return cross_entropy(softmax(logits))

    variables = [embedding, recurrent, softmax_W, softmax_b]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
