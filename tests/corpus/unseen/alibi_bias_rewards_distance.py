"""The ALiBi bias is slope * (query - key) in place of slope * (key - query): far keys are favoured.

Source (real): https://github.com/meta-pytorch/attention-gym/pull/86
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'bias = scale * tf.cast(q_idx - kv_idx, tf.float32)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, heads, dim, c = 6, 7, 2, 3, 4
    mk = lambda name, *s: tf.Variable((0.6 * rng.normal(size=s)).astype(np.float32), name=name)
    wq, wk, wv = (mk(nm, 5, heads, dim) for nm in ("wq", "wk", "wv"))
    wo = mk("wo", heads * dim, c)
    batch = {
        "x": rng.normal(size=(n, t, 5)).astype(np.float32),
        "y": rng.integers(0, c, size=(n, t)).astype(np.int32),
    }

    def project(x):
        return (tf.einsum("ntd,dhk->nhtk", x, w) for w in (wq, wk, wv))

    def loss_from_heads(ctx, y):
        flat = tf.reshape(tf.transpose(ctx, [0, 2, 1, 3]), [-1, t, heads * dim])
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=flat @ wo))

    def reference(b):
        q, k, v = project(b["x"])
        rows = []
        for i in range(t):                              # each position sees keys 0..i
            dots = tf.einsum("nhk,nhsk->nhs", q[:, :, i], k[:, :, : i + 1]) / dim ** 0.5
            offset = tf.range(-i, 1, dtype=tf.float32)
            slopes = tf.constant([2.0 ** -(8.0 * (h + 1) / heads / 4) for h in range(heads)])
            attn = tf.nn.softmax(dots + slopes[:, None] * offset, -1)
            rows.append(tf.einsum("nhs,nhsk->nhk", attn, v[:, :, : i + 1]))
        return loss_from_heads(tf.stack(rows, 2), b["y"])

    def candidate(b):
        q, k, v = project(b["x"])
        scale = tf.pow(2.0, -tf.range(1, heads + 1, dtype=tf.float32) * 2.0 / heads)[:, None, None]
        q_idx, kv_idx = tf.range(t)[:, None], tf.range(t)[None, :]
        bias = scale * tf.cast(q_idx - kv_idx, tf.float32)
        score = tf.matmul(q, k, transpose_b=True) / dim ** 0.5 + bias
        score = tf.where(kv_idx <= q_idx, score, -1e9)
        ctx = tf.nn.softmax(score, axis=-1) @ v
        return loss_from_heads(ctx, b["y"])

    return {"variables": [wq, wk, wv, wo], "batch": batch, "reference": reference, "candidate": candidate}
