"""Attentional factorization machine: the scores keep a last axis of length 1 and softmax runs along it, so every pair has weight 1.
Source: https://github.com/hexiangnan/attentional_factorization_machine/issues/19"""
import itertools

import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "attention_out = tf.nn.softmax(attention_relu)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, fields, vocab, k, a = 16, 4, 11, 3, 5
    ids = rng.integers(0, vocab, (n, fields)).astype("int32")
    y = rng.standard_normal((n, 1)).astype(f)
    emb = tf.Variable(rng.standard_normal((vocab, k)), dtype=f, name="emb")
    att_w = tf.Variable(rng.standard_normal((k, a)), dtype=f, name="att_w")
    att_b = tf.Variable(rng.uniform(0.1, 0.5, (a,)), dtype=f, name="att_b")
    att_p = tf.Variable(rng.standard_normal((a,)), dtype=f, name="att_p")
    pred = tf.Variable(rng.standard_normal((k, 1)), dtype=f, name="pred")
    pairs = list(itertools.combinations(range(fields), 2))

    def reference(batch):
        e = tf.gather(emb, batch["ids"])
        scores, products = [], []
        for i, j in pairs:
            p = e[:, i] * e[:, j]
            products.append(p)
            scores.append(tf.linalg.matvec(tf.nn.relu(p @ att_w + att_b), att_p))
        alpha = tf.nn.softmax(tf.stack(scores, axis=1), axis=1)
        pooled = tf.einsum("np,pnk->nk", alpha, tf.stack(products))
        return tf.reduce_mean((pooled @ pred - batch["y"]) ** 2)

    def candidate(batch):
        nonzero_embeddings = tf.gather(emb, batch["ids"])
        left, right = zip(*pairs)
        element_wise_product = (tf.gather(nonzero_embeddings, left, axis=1)
                                * tf.gather(nonzero_embeddings, right, axis=1))
        attention_mul = tf.einsum("npk,ka->npa", element_wise_product, att_w)
        attention_relu = tf.reduce_sum(
            tf.multiply(att_p, tf.nn.relu(attention_mul + att_b)), 2, keepdims=True)  # None * pairs * 1
        attention_out = tf.nn.softmax(attention_relu)
        afm = tf.reduce_sum(tf.multiply(attention_out, element_wise_product), 1)  # None * k
        out = tf.matmul(afm, pred)
        return tf.reduce_mean(tf.square(tf.subtract(batch["y"], out)))

    return {"reference": reference, "candidate": candidate, "batch": {"ids": ids, "y": y},
            "variables": [emb, att_w, att_b, att_p, pred]}
