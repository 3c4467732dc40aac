"""The heads are split off by reshaping (batch, time, heads*dim) straight to (batch*heads, time, dim), which mixes time steps and heads.

Source (real): https://github.com/reczoo/FuxiCTR/issues/30
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'q, k, v = (tf.reshape(p, [-1, fields, dim]) for p in (q, k, v))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, fields, emb, heads, dim = 10, 5, 6, 2, 4
    mk = lambda name, *s: tf.Variable((0.5 * rng.normal(size=s)).astype(np.float32), name=name)
    table = mk("table", 20, emb)
    w_q, w_k, w_v = (mk(nm, emb, heads * dim) for nm in ("w_q", "w_k", "w_v"))
    w_res, w_out = mk("w_res", emb, heads * dim), mk("w_out", fields * heads * dim, 1)
    batch = {
        "ids": rng.integers(0, 20, size=(n, fields)).astype(np.int32),
        "click": rng.integers(0, 2, size=n).astype(np.float32),
    }

    def ctr_loss(attn_out, x, click):
        hidden = tf.nn.relu(attn_out + x @ w_res)
        logit = (tf.reshape(hidden, [n, -1]) @ w_out)[:, 0]
        bce = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=click, logits=logit))
        return bce + 1e-3 * tf.reduce_mean(tf.square(x))

    def reference(b):
        x = tf.gather(table, b["ids"])
        outs = []
        for h in range(heads):                                   # one head after the other
            cols = slice(h * dim, (h + 1) * dim)
            q, k, v = x @ w_q[:, cols], x @ w_k[:, cols], x @ w_v[:, cols]
            weights = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / dim ** 0.5, -1)
            outs.append(weights @ v)
        return ctr_loss(tf.concat(outs, -1), x, b["click"])

    def candidate(b):
        x = tf.gather(table, b["ids"])
        q, k, v = x @ w_q, x @ w_k, x @ w_v
        q, k, v = (tf.reshape(p, [-1, fields, dim]) for p in (q, k, v))
        scores = tf.matmul(q, k, transpose_b=True) / dim ** 0.5
        attn_out = tf.matmul(tf.nn.softmax(scores, -1), v)
        attn_out = tf.reshape(attn_out, [n, fields, heads * dim])
        return ctr_loss(attn_out, x, b["click"])

    return {"variables": [table, w_q, w_k, w_v, w_res, w_out], "batch": batch, "reference": reference, "candidate": candidate}
