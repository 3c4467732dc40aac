"""Circle loss: softplus(logsumexp(n) + logsumexp(p)) was thought to need a product of the two logsumexp.

Source (real): https://github.com/TinyZeaMays/CircleLoss/issues/30 (PyTorch, ported; "Cartesian product").
Right answer: EQUIVALENT to log(1 + sum over all pairs of exp(n_j + p_i)).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, dim, classes = 12, 5, 3, 4
    m, gamma = 0.25, 2.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.7 * arr(d, dim), name="feature_w")
    bias = tf.Variable(0.2 * arr(dim), name="feature_b")
    batch = {"x": arr(n, d), "label": rng.permutation(np.arange(n) % classes)}

    def reference(b):
        feature = tf.math.l2_normalize(b["x"] @ w + bias, axis=1)
        size = feature.shape[0]
        sp, sn = [], []
        for i in range(size):
            for j in range(i + 1, size):
                s = tf.reduce_sum(feature[i] * feature[j])
                (sp if int(b["label"][i]) == int(b["label"][j]) else sn).append(s)
        pair_sum = 1.0
        for s_p in sp:
            alpha_p = tf.maximum(1 + m - tf.stop_gradient(s_p), 0.0)
            for s_n in sn:
                alpha_n = tf.maximum(tf.stop_gradient(s_n) + m, 0.0)
                pair_sum += tf.exp(gamma * (alpha_n * (s_n - m) - alpha_p * (s_p - (1 - m))))
        return tf.math.log(pair_sum)

    def candidate(b):
        normed = tf.math.l2_normalize(tf.matmul(b["x"], w) + bias, axis=1)
        similarity_matrix = tf.matmul(normed, normed, transpose_b=True)
        label_matrix = b["label"][:, None] == b["label"][None, :]
        upper = np.triu(np.ones(similarity_matrix.shape, bool), 1)
        sp = tf.boolean_mask(similarity_matrix, label_matrix & upper)
        sn = tf.boolean_mask(similarity_matrix, ~label_matrix & upper)
        ap = tf.nn.relu(-tf.stop_gradient(sp) + 1 + m)
        an = tf.nn.relu(tf.stop_gradient(sn) + m)
        delta_p, delta_n = 1 - m, m
        logit_p = -ap * (sp - delta_p) * gamma
        logit_n = an * (sn - delta_n) * gamma
        return tf.nn.softplus(tf.reduce_logsumexp(logit_n, axis=0) + tf.reduce_logsumexp(logit_p, axis=0))

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
