"""Somebody checks an einsum self-attention against a plain matmul version: the scores agree, the outputs do
not, because the matmul version leaves (batch, heads, seq, dim) and is reshaped without permuting the heads back.
Source: https://github.com/aladdinpersson/Machine-Learning-Collection/issues/165"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "joined = tf.reshape(att, (n, s, h * d))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, s, h, d, e = 14, 4, 2, 3, 5

    def mat(name, *shape):
        return tf.Variable(0.5 * rng.standard_normal(shape).astype(f), name=name)

    wq, wk, wv = mat("wq", e, h, d), mat("wk", e, h, d), mat("wv", e, h, d)
    wo = mat("fc_out", h * d, e)
    batch = {
        "x": rng.standard_normal((n, s, e)).astype(f),
        "y": rng.standard_normal((n, s, e)).astype(f),
    }

    def reference(b):
        q, k, v = (tf.einsum("bse,ehd->bshd", b["x"], w) for w in (wq, wk, wv))
        energy = tf.einsum("bqhd,bkhd->bhqk", q, k)
        attention = tf.nn.softmax(energy / (d ** 0.5), axis=3)
        out = tf.einsum("bhql,blhd->bqhd", attention, v)
        out = tf.reshape(out, (n, s, h * d)) @ wo
        return tf.reduce_mean((out - b["y"]) ** 2)

    def candidate(b):
        def project(w):
            flat = tf.matmul(tf.reshape(b["x"], (n * s, e)), tf.reshape(w, (e, h * d)))
            return tf.reshape(flat, (n, s, h, d))

        q_mod = tf.transpose(project(wq), (0, 2, 1, 3))
        k_mod = tf.transpose(project(wk), (0, 2, 3, 1))
        v_mod = tf.transpose(project(wv), (0, 2, 1, 3))
        scores = tf.nn.softmax(tf.matmul(q_mod, k_mod) / np.sqrt(d).astype(f))
        att = tf.matmul(scores, v_mod)
        joined = tf.reshape(att, (n, s, h * d))
        return tf.reduce_mean(tf.math.squared_difference(tf.tensordot(joined, wo, 1), b["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wq, wk, wv, wo]}
