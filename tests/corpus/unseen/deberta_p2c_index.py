"""DeBERTa attention: the position-to-content index is the negated one of the pre-transposed formula, but the transposition is missing.

Source (real): https://github.com/nntrainer/nntrainer/pull/3982 (C++, ported; "the missing transpose flipped the sign and corrupted every off-diagonal score").
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "p2c_index = tf.clip_by_value(-rel + att_span, 0, 2 * att_span - 1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, d, att_span, classes = 13, 6, 4, 3, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wq = tf.Variable(0.6 * arr(d, d), name="query_proj")
    wk = tf.Variable(0.6 * arr(d, d), name="key_proj")
    wv = tf.Variable(0.6 * arr(d, classes), name="value_proj")
    rel_emb = tf.Variable(arr(2 * att_span, d), name="rel_embeddings")
    batch = {"x": arr(n, length, d), "label": rng.integers(0, classes, (n, length))}
    scale = 1.0 / np.sqrt(3.0 * d)

    def reference(b):
        # HF: gather on the (key, position) scores, then transpose
        q, k, v = b["x"] @ wq, b["x"] @ wk, b["x"] @ wv
        m = q.shape[0]
        pos = np.arange(length)
        r_pos = pos[:, None] - pos[None, :]
        score = tf.matmul(q, k, transpose_b=True)
        c2p_pos = np.clip(r_pos + att_span, 0, 2 * att_span - 1)
        c2p_att = tf.matmul(q, rel_emb @ wk, transpose_b=True)
        score += tf.gather(c2p_att, np.tile(c2p_pos, (m, 1, 1)), batch_dims=2)
        p2c_pos = np.clip(-r_pos + att_span, 0, 2 * att_span - 1)
        p2c_att = tf.matmul(k, rel_emb @ wq, transpose_b=True)
        p2c_att = tf.gather(p2c_att, np.tile(p2c_pos, (m, 1, 1)), batch_dims=2)
        score += tf.transpose(p2c_att, [0, 2, 1])
        logits = tf.nn.softmax(score * scale) @ v
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=logits))

    def candidate(b):
        def add_relative_attn_score(score, query, key):
            pos_query = rel_emb @ wq
            pos_key = rel_emb @ wk
            ids = tf.range(length)
            rel = ids[:, None] - ids[None, :]             # q - k
            c2p_index = tf.clip_by_value(rel + att_span, 0, 2 * att_span - 1)
            p2c_index = tf.clip_by_value(-rel + att_span, 0, 2 * att_span - 1)
            c2p = tf.einsum("bqd,qkd->bqk", query, tf.gather(pos_key, c2p_index))
            p2c = tf.einsum("bkd,qkd->bqk", key, tf.gather(pos_query, p2c_index))
            return score + c2p + p2c

        query, key, value = b["x"] @ wq, b["x"] @ wk, b["x"] @ wv
        score = tf.einsum("bqd,bkd->bqk", query, key)
        score = add_relative_attn_score(score, query, key)
        probs = tf.nn.softmax(score * scale, axis=-1)
        logits = tf.einsum("bqk,bkc->bqc", probs, value)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=logits)
        return tf.reduce_mean(ce)

    return {"variables": [wq, wk, wv, rel_emb], "batch": batch, "reference": reference, "candidate": candidate}
