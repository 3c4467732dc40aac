"""Annotated Transformer: view(nbatches, -1, h, d_k).transpose(1, 2) looks as if heads and time were confused.

Source (real): https://github.com/harvardnlp/annotated-transformer/issues/17 (PyTorch; the reporter wanted view(nbatches, h, -1, d_k)).
Right answer: EQUIVALENT to attention that is computed separately on each head's columns; the proposed change would be the bug.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, h, d_k = 14, 6, 2, 3
    d_model = h * d_k

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    names = ("linear_q", "linear_k", "linear_v", "linear_out")
    linears = [tf.Variable(0.5 * arr(d_model, d_model), name=k) for k in names]
    keep = np.tril(np.ones((t, t), bool))[None] & (np.arange(t) < rng.integers(1, t + 1, (n, 1)))[:, None, :]
    batch = {"x": arr(n, t, d_model), "memory": arr(n, t, d_model), "mask": keep, "y": arr(n, t, d_model)}

    def reference(b):
        wq, wk, wv, wo = linears
        total = 0.0
        for i in range(b["x"].shape[0]):
            columns = []
            for head in range(h):
                cut = slice(head * d_k, (head + 1) * d_k)
                q, k, v = b["x"][i] @ wq[:, cut], b["memory"][i] @ wk[:, cut], b["memory"][i] @ wv[:, cut]
                s = tf.einsum("id,jd->ij", q, k) * d_k**-0.5
                s -= 1e9 * tf.cast(tf.logical_not(b["mask"][i]), s.dtype)
                columns.append(tf.nn.softmax(s, axis=1) @ v)
            total += tf.reduce_mean((tf.concat(columns, axis=1) @ wo - b["y"][i]) ** 2)
        return total / b["x"].shape[0]

    def attention(query, key, value, mask):
        scores = tf.matmul(query, tf.transpose(key, [0, 1, 3, 2])) / np.sqrt(query.shape[-1])
        scores = tf.where(mask, scores, tf.constant(-1e9, scores.dtype))
        return tf.matmul(tf.nn.softmax(scores, axis=-1), value)

    def candidate(b):
        nbatches = b["x"].shape[0]
        mask = tf.expand_dims(b["mask"], 1)
        query, key, value = [
            tf.transpose(tf.reshape(tf.matmul(x, l), [nbatches, -1, h, d_k]), [0, 2, 1, 3])
            for l, x in zip(linears, (b["x"], b["memory"], b["memory"]))
        ]
        x = attention(query, key, value, mask)
        x = tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [nbatches, -1, h * d_k])
        return tf.reduce_mean(tf.square(x @ linears[-1] - b["y"]))

    return {"variables": linears, "batch": batch, "reference": reference, "candidate": candidate}
