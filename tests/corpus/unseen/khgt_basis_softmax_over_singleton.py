"""KHGT mixes M basis transformations with softmaxed weights of shape [M, 1, 1]; the softmax runs over an axis
of size one, so every weight is 1 and the mixing logits never learn ("the softmax seems not working actually").
Source: https://github.com/akaxlh/KHGT/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "return tf.reduce_sum(basis * tf.nn.softmax(logits, axis=1), axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, nbr, d, memo = 14, 3, 5, 4

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(f), name=name)

    q_w, k_w, v_w = var("q_w", memo, 1, 1), var("k_w", memo, 1, 1), var("v_w", memo, 1, 1)
    q_m, k_m, v_m = (var(s, memo, d, d, scale=0.5) for s in ("q_m", "k_m", "v_m"))
    batch = {
        "tgt": rng.standard_normal((n, d)).astype(f),
        "src": rng.standard_normal((n, nbr, d)).astype(f),
        "y": rng.standard_normal((n, d)).astype(f),
    }

    def reference(b):
        def blend(mats, scores):
            share = tf.nn.softmax(tf.reshape(scores, [-1]))
            out = tf.zeros_like(mats[0])
            for m in range(memo):
                out += share[m] * mats[m]
            return out

        Wq, Wk, Wv = blend(q_m, q_w), blend(k_m, k_w), blend(v_m, v_w)
        query = b["tgt"] @ Wq
        att = tf.nn.softmax(tf.einsum("nd,nld->nl", query, b["src"] @ Wk) / d ** 0.5)
        msg = tf.einsum("nl,nld->nd", att, b["src"] @ Wv)
        return tf.reduce_mean(tf.square(msg - b["y"]))

    def candidate(b):
        def mixture(basis, logits):
            return tf.reduce_sum(basis * tf.nn.softmax(logits, axis=1), axis=0)

        q = tf.expand_dims(tf.matmul(b["tgt"], mixture(q_m, q_w)), 1)
        k = tf.tensordot(b["src"], mixture(k_m, k_w), 1)
        v = tf.tensordot(b["src"], mixture(v_m, v_w), 1)
        score = tf.reduce_sum(q * k, axis=-1, keepdims=True) / np.sqrt(d).astype(f)
        weight = tf.nn.softmax(score, axis=1)
        embed = tf.reduce_sum(weight * v, axis=1)
        err = embed - b["y"]
        return tf.reduce_mean(err * err)

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [q_w, k_w, v_w, q_m, k_m, v_m]}
