"""Linear-chain CRF: transitions[i, j] goes to i from j, which looks transposed but is used so everywhere.

Source (real): https://github.com/rguthrie3/BiLSTM-CRF/issues/3 (DyNet, ported; the author: the comment is correct, T[i, j] is to i from j)
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, length, d, tags = 12, 4, 5, 3
    emit = tf.Variable(0.6 * arr(d, tags), name="emission")
    trans = tf.Variable(0.7 * arr(tags, tags), name="transitions")
    batch = {"x": arr(n, length, d), "tag": rng.integers(0, tags, (n, length))}

    def reference(b):
        obs = b["x"] @ emit
        paths = [[]]
        for _ in range(length):
            paths = [p + [k] for p in paths for k in range(tags)]
        scores = []
        for p in paths:
            total = obs[:, 0, p[0]]
            for t in range(1, length):
                total += obs[:, t, p[t]] + trans[p[t], p[t - 1]]
            scores.append(total)
        codes = tf.reduce_sum(b["tag"] * tags ** np.arange(length - 1, -1, -1), axis=1)
        table = tf.stack(scores, axis=1)
        return tf.reduce_mean(tf.reduce_logsumexp(table, 1) - tf.gather(table, codes, batch_dims=1))

    def candidate(b):
        obs = b["x"] @ emit
        alphas = obs[:, 0]
        for t in range(1, length):
            alphas = tf.reduce_logsumexp(alphas[:, None, :] + trans[None], axis=2) + obs[:, t]
        forward_score = tf.reduce_logsumexp(alphas, axis=1)
        gold = tf.reduce_sum(tf.gather(obs, b["tag"], batch_dims=2), axis=1)
        steps = tf.stack([b["tag"][:, 1:], b["tag"][:, :-1]], axis=-1)
        gold += tf.reduce_sum(tf.gather_nd(trans, steps), axis=1)
        return tf.reduce_mean(forward_score - gold)

    return {"variables": [emit, trans], "batch": batch, "reference": reference, "candidate": candidate}
