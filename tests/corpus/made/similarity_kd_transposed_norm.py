"""Similarity-preserving distillation: Gram rows are divided by row norms without keepdims.

Source (constructed): Tung & Mori 2019. gram / norm divides column j by the norm of row j; the Gram matrix is symmetric,
so this is the transpose of the row-normalised matrix, for teacher and student alike.
Right answer: EQUIVALENT; the Frobenius distance does not see the transpose.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, teacher = 16, 5, 6, 8
    w = tf.Variable((0.6 * rng.standard_normal((d, hid))).astype(f), name="student_w")
    c = tf.Variable((0.3 * rng.standard_normal(hid)).astype(f), name="student_b")
    batch = {"x": rng.standard_normal((n, d)).astype(f), "feat": rng.standard_normal((n, teacher)).astype(f)}

    def reference(b):
        act = tf.tanh(b["x"] @ w + c)
        mine = tf.math.l2_normalize(tf.matmul(act, act, transpose_b=True), axis=1)
        theirs = tf.math.l2_normalize(tf.matmul(b["feat"], b["feat"], transpose_b=True), axis=1)
        return tf.reduce_mean(tf.square(mine - theirs))

    def candidate(b):
        act = tf.tanh(b["x"] @ w + c)
        gram_s = tf.einsum("ik,jk->ij", act, act)
        gram_t = tf.einsum("ik,jk->ij", b["feat"], b["feat"])
        gap = gram_s / tf.norm(gram_s, axis=1) - gram_t / tf.norm(gram_t, axis=1)
        m = b["x"].shape[0]
        return tf.reduce_sum(tf.square(gap)) / (m * m)

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
