"""Informer: queries, keys and values (B, L, H, D) are brought to (B, H, L, D) with a reshape instead of a transposition.

Source (real): https://github.com/zhouhaoyi/Informer2020/issues/59 (ProbAttention, PyTorch `view`, ported; "We will fix this error immediately").
Right answer: NOT equivalent; a "head" holds a stretch of time steps of all heads.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "return tf.reshape(z, [-1, H, L, D])",
    "same_forward_value": False,
}

L, H, D = 6, 2, 4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, cin = 15, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    proj = {k: tf.Variable(0.6 * arr(cin, H * D), name=f"{k}_proj") for k in ("query", "key", "value")}
    out = tf.Variable(0.4 * arr(H * D), name="forecast_w")
    batch = {"series": np.cumsum(0.5 * arr(n, L, cin), axis=1).astype(f), "future": arr(n, L)}

    def reference(b):
        heads = []
        for j in range(H):
            cols = slice(j * D, (j + 1) * D)
            q, k, v = (b["series"] @ proj[name][:, cols] for name in ("query", "key", "value"))
            rows = []
            for t in range(L):  # causal: step t sees 0..t
                s = tf.einsum("nd,nld->nl", q[:, t], k[:, : t + 1]) / D**0.5
                rows.append(tf.einsum("nl,nld->nd", tf.nn.softmax(s), v[:, : t + 1]))
            heads.append(tf.stack(rows, axis=1))
        pred = tf.linalg.matvec(tf.concat(heads, axis=-1), out)
        return tf.reduce_mean(tf.abs(pred - b["future"]))

    def candidate(b):
        def heads_first(z):
            return tf.reshape(z, [-1, H, L, D])

        def prob_attention(queries, keys, values):
            queries, keys, values = heads_first(queries), heads_first(keys), heads_first(values)
            scores = tf.matmul(queries, keys, transpose_b=True) * (1.0 / D**0.5)
            mask = np.triu(np.ones((L, L), dtype=bool), 1)
            scores = tf.where(mask, tf.cast(-1e9, scores.dtype), scores)
            context = tf.matmul(tf.nn.softmax(scores, axis=-1), values)
            return tf.transpose(context, [0, 2, 1, 3])

        x = b["series"]
        split = [tf.reshape(x @ proj[k], [-1, L, H, D]) for k in ("query", "key", "value")]
        context = prob_attention(*split)
        dec_out = tf.linalg.matvec(tf.reshape(context, [-1, L, H * D]), out)
        return tf.reduce_mean(tf.abs(dec_out - b["future"]))

    return {"variables": [*proj.values(), out], "batch": batch, "reference": reference, "candidate": candidate}
