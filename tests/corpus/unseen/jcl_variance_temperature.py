"""Joint contrastive learning: the covariance penalty q' Sigma q is divided by T, it needs T squared.

Source (real): https://github.com/caiqi/Joint-Contrastive-Learning/issues/2 (PyTorch, ported).
Right answer: NOT equivalent; the bound is log(exp(q mu / T + q Sigma q / 2T^2) + sum exp(q k / T)) - q mu / T.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "isda_loss = 0.5 * tf.reduce_mean(tf.einsum('nc,nc->n', q, sigma_q)) / T",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, feat, tries, queue_len = 16, 6, 5, 7, 9
    T = 0.35

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, 8), name="enc_w1")
    w2 = tf.Variable(0.6 * arr(8, feat), name="enc_w2")
    keys = arr(n, 1, feat) + 0.7 * arr(n, tries, feat)
    keys /= np.linalg.norm(keys, axis=-1, keepdims=True)
    queue = arr(feat, queue_len)
    queue /= np.linalg.norm(queue, axis=0, keepdims=True)
    batch = {"im_q": arr(n, d), "k": keys.astype(f)}

    def encode(x):
        return tf.math.l2_normalize(tf.tanh(x @ w1) @ w2, axis=-1)

    def reference(b):
        # the bound of the paper, one query at a time
        losses = []
        for x, ks in zip(tf.unstack(b["im_q"]), tf.unstack(b["k"])):
            q = encode(x[None])[0]
            mu = tf.reduce_mean(ks, 0)
            cov = tf.add_n([tf.tensordot(k - mu, k - mu, 0) for k in tf.unstack(ks)]) / tries
            pos = tf.tensordot(q, mu, 1) / T
            spread = tf.tensordot(q, tf.linalg.matvec(cov, q), 1) / (2.0 * T**2)
            negatives = tf.reduce_sum(tf.exp(tf.linalg.matvec(queue, q, transpose_a=True) / T))
            losses.append(tf.math.log(tf.exp(pos + spread) + negatives) - pos)
        return tf.add_n(losses) / len(losses)

    def candidate(b):
        q = encode(b["im_q"])
        k_means = tf.reduce_mean(b["k"], axis=1)
        value_minus_mean = b["k"] - k_means[:, None]
        k_sigma = tf.matmul(value_minus_mean, value_minus_mean, transpose_a=True) / tries
        sigma_q = tf.linalg.matvec(k_sigma, q)

        l_pos = tf.einsum('nc,nc->n', q, k_means + 0.5 * sigma_q / T)[:, None]
        l_neg = tf.einsum('nc,ck->nk', q, queue)
        logits = tf.concat([l_pos, l_neg], axis=1)
        logits /= T
        labels = tf.zeros([logits.shape[0]], dtype=tf.int32)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)

        isda_loss = 0.5 * tf.reduce_mean(tf.einsum('nc,nc->n', q, sigma_q)) / T
        return tf.reduce_mean(ce) + isda_loss

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
