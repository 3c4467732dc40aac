"""Factorization machine: the pairwise term averages over the k latent dimensions, the paper sums over them.

Source (real): https://github.com/DSXiangLi/CTR/issues/7 (TensorFlow 1, ported; the author: it should be a sum).
Right answer: NOT equivalent; the interaction is k times too small, so the gradients of v and w do not match.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "interaction_term = 0.5 * tf.reduce_mean(sum_square - square_sum, axis=1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, fields, vocab, k = 25, 5, 11, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    v = tf.Variable(0.6 * arr(vocab, k), name="v")
    w = tf.Variable(0.4 * arr(vocab, 1), name="w")
    bias = tf.Variable(0.2 * arr(1), name="bias")
    batch = {
        "feat_index": rng.integers(0, vocab, (n, fields)),
        "feat_value": rng.uniform(0.3, 1.5, (n, fields)).astype(f),
        "label": rng.integers(0, 2, (n, 1)).astype(f),
    }

    def reference(b):
        # eq. (1) of Rendle 2010, with both loops over the fields
        ids, vals = b["feat_index"], b["feat_value"]
        logit = bias[0] + tf.add_n([tf.gather(w, ids[:, i])[:, 0] * vals[:, i] for i in range(fields)])
        for i in range(fields):
            for j in range(i + 1, fields):
                inner = tf.reduce_sum(tf.gather(v, ids[:, i]) * tf.gather(v, ids[:, j]), -1)
                logit += inner * vals[:, i] * vals[:, j]
        y = b["label"][:, 0]
        return tf.reduce_mean(tf.nn.softplus(logit) - y * logit)

    def candidate(b):
        value = b["feat_value"][:, :, None]
        linear_term = tf.reduce_sum(tf.gather(w, b["feat_index"]) * value, axis=1) + bias

        vx = tf.gather(v, b["feat_index"]) * value
        sum_square = tf.square(tf.reduce_sum(vx, axis=1))
        square_sum = tf.reduce_sum(tf.square(vx), axis=1)
        interaction_term = 0.5 * tf.reduce_mean(sum_square - square_sum, axis=1, keepdims=True)

        y = linear_term + interaction_term
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["label"], logits=y))

    return {"variables": [v, w, bias], "batch": batch, "reference": reference, "candidate": candidate}
