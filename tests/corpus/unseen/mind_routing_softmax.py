"""MIND multi-interest routing: the softmax of the routing logits runs over the capsules, not over the items of the sequence.

Source (real): https://github.com/PaddlePaddle/PaddleRec/pull/904 (Paddle, ported; merged: "padding positions get weight 0.25").
Right answer: NOT equivalent; in addition the padding keeps its weight, because all its capsules have the same masked logit.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "W = tf.nn.softmax(B_mask, axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, k_max, maxlen, emb, out_dim, iteration = 15, 3, 6, 4, 5, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    bilinear = tf.Variable(0.6 * arr(emb, out_dim), name="bilinear_mapping")
    target_w = tf.Variable(0.7 * arr(emb, out_dim), name="target_w")
    batch = {
        "hist": arr(n, maxlen, emb),
        "seq_len": rng.integers(2, maxlen + 1, n),
        "routing": 0.8 * arr(n, k_max, maxlen),
        "target": arr(n, emb),
        "label": np.sign(arr(n)).astype(f),
    }

    def squash(x):
        norm = tf.reduce_sum(tf.square(x), axis=-1, keepdims=True)
        return x * norm / (1 + norm) / tf.sqrt(norm + 1e-9)

    def reference(b):
        m = b["label"].shape[0]
        total = 0.0
        for u in range(m):
            length = int(b["seq_len"][u])
            low = b["hist"][u, :length] @ bilinear
            logits = [b["routing"][u, k, :length] for k in range(k_max)]
            for _ in range(iteration):
                capsules = [squash(tf.reduce_sum(tf.nn.softmax(z)[:, None] * low, axis=0)) for z in logits]
                logits = [z + tf.linalg.matvec(low, c) for z, c in zip(logits, capsules)]
            goal = tf.linalg.matvec(target_w, b["target"][u], transpose_a=True)
            agreement = tf.stack([tf.reduce_sum(c * goal) for c in capsules])
            score = tf.reduce_sum(tf.nn.softmax(agreement) * agreement)
            total += tf.nn.softplus(-b["label"][u] * score)
        return total / m

    def candidate(b):
        low_capsule_new = tf.einsum("nle,eo->nlo", b["hist"], bilinear)
        mask = tf.sequence_mask(b["seq_len"], maxlen)
        mask = tf.tile(mask[:, None, :], [1, k_max, 1])
        pad = tf.ones_like(b["routing"]) * (-(2**32) + 1)
        B = b["routing"]
        for i in range(iteration):
            B_mask = tf.where(mask, B, pad)
            W = tf.nn.softmax(B_mask, axis=1)
            high_capsule_tmp = tf.matmul(W, low_capsule_new)
            high_capsule = squash(high_capsule_tmp)
            B = B + tf.matmul(high_capsule, low_capsule_new, transpose_b=True)
        goal = b["target"] @ target_w
        att = tf.einsum("nko,no->nk", high_capsule, goal)
        score = tf.reduce_sum(tf.nn.softmax(att, axis=-1) * att, axis=-1)
        return tf.reduce_mean(tf.nn.softplus(-b["label"] * score))

    return {"variables": [bilinear, target_w], "batch": batch, "reference": reference, "candidate": candidate}
