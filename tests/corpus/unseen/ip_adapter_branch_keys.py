"""Attention processor with a second (face embedding) branch beside the text branch.
The second attention gets `key` and `value` of the text instead of ip_key and ip_value.
Source: https://github.com/Francis-Rings/StableAnimator/issues/111"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "ip_hidden = sdpa(query, key, value)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, toks, faces, d, dc = 13, 4, 5, 3, 6, 7
    batch = {
        "hidden": rng.normal(size=(n, length, d)).astype(f),
        "text": rng.normal(size=(n, toks, dc)).astype(f),
        "face": rng.normal(size=(n, faces, dc)).astype(f),
        "noise": rng.normal(size=(n, length, d)).astype(f),
    }

    def new(name, a, b):
        return tf.Variable((rng.normal(size=(a, b)) / np.sqrt(a)).astype(f), name=name)

    to_q, to_k, to_v = new("to_q", d, d), new("to_k", dc, d), new("to_v", dc, d)
    to_k_ip, to_v_ip = new("to_k_ip", dc, d), new("to_v_ip", dc, d)
    scale = 0.8

    def reference(batch):
        q = batch["hidden"] @ to_q
        out = 0.0
        for ctx, wk, wv, weight in ((batch["text"], to_k, to_v, 1.0), (batch["face"], to_k_ip, to_v_ip, scale)):
            logits = tf.einsum("bqd,bkd->bqk", q, ctx @ wk) / np.sqrt(d)
            out += weight * tf.einsum("bqk,bkd->bqd", tf.nn.softmax(logits, axis=-1), ctx @ wv)
        return tf.reduce_mean((out - batch["noise"]) ** 2)

    def candidate(batch):
        def sdpa(q, k, v):
            att = tf.matmul(q, k, transpose_b=True) * d ** -0.5
            return tf.matmul(tf.nn.softmax(att), v)

        query = tf.matmul(batch["hidden"], to_q)
        key = tf.matmul(batch["text"], to_k)
        value = tf.matmul(batch["text"], to_v)
        hidden = sdpa(query, key, value)
        ip_key = tf.matmul(batch["face"], to_k_ip)
        ip_value = tf.matmul(batch["face"], to_v_ip)
        ip_hidden = sdpa(query, key, value)
        hidden = hidden + scale * ip_hidden
        return tf.reduce_mean(tf.square(hidden - batch["noise"]))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [to_q, to_k, to_v, to_k_ip, to_v_ip]}
