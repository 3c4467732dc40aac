"""Linear-chain CRF: forward algorithm in tf.while_loop with a hand-written log-sum-exp and a detached maximum.

Source (realistic): tfa.text.crf_log_likelihood and its home-grown replacements after TensorFlow Addons ended.
Right answer: EQUIVALENT to enumerating all paths; log-sum-exp is shift-invariant, so stop_gradient on the max is free.
"""
import itertools

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, tags = 13, 4, 5, 3
    w = tf.Variable((0.6 * rng.standard_normal((d, tags))).astype(f), name="emission_w")
    trans = tf.Variable((0.5 * rng.standard_normal((tags, tags))).astype(f), name="transitions")
    batch = {"x": rng.standard_normal((n, t, d)).astype(f), "tag": rng.integers(0, tags, (n, t))}
    paths = np.array(list(itertools.product(range(tags), repeat=t)))

    def reference(b):
        m = b["tag"].shape[0]
        total = 0.0
        for i in range(m):
            e = b["x"][i] @ w
            score = sum(tf.gather(e[s], paths[:, s]) for s in range(t))
            score += sum(tf.gather_nd(trans, paths[:, s : s + 2]) for s in range(t - 1))
            y = b["tag"][i]
            gold = sum(e[s, y[s]] for s in range(t)) + sum(trans[y[s], y[s + 1]] for s in range(t - 1))
            total += tf.reduce_logsumexp(score) - gold
        return total / m

    def candidate(b):
        emit = tf.einsum("btd,dk->btk", b["x"], w)

        def lse(z):
            top = tf.stop_gradient(tf.reduce_max(z, axis=1, keepdims=True))
            return tf.math.log(tf.reduce_sum(tf.exp(z - top), axis=1)) + top[:, 0]

        def step(s, alpha):
            return s + 1, lse(alpha[:, :, None] + trans[None]) + emit[:, s]

        _, alpha = tf.while_loop(lambda s, _: s < t, step, (tf.constant(1), emit[:, 0]))
        unary = tf.reduce_sum(emit * tf.one_hot(b["tag"], tags, dtype=emit.dtype), axis=[1, 2])
        pairs = tf.stack([b["tag"][:, :-1], b["tag"][:, 1:]], axis=-1)
        binary = tf.reduce_sum(tf.gather_nd(trans, pairs), axis=1)
        return tf.reduce_mean(lse(alpha) - unary - binary)

    return {"variables": [w, trans], "batch": batch, "reference": reference, "candidate": candidate}
