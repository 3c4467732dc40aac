"""Informer's AttentionLayer merges the heads by out.view(B, L, -1), while ProbAttention returns the context as (B, H, L, D):
a transposition is missing before.
Source: https://github.com/zhouhaoyi/Informer2020/issues/100"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "out = tf.reshape(out, (B, L, -1))",
    "same_forward_value": False,
}


class ProbAttention:
    def __init__(self, scale=None):
        self.scale = scale

    def __call__(self, queries, keys, values):
        B, L, H, D = queries.shape
        queries, keys, values = (tf.transpose(t, (0, 2, 1, 3)) for t in (queries, keys, values))
        scale = self.scale or 1.0 / np.sqrt(D)
        scores = tf.matmul(queries, keys, transpose_b=True) * scale
        context = tf.matmul(tf.nn.softmax(scores), values)
        return context


class AttentionLayer:
    def __init__(self, attention, wq, wk, wv, wo, n_heads):
        self.inner_attention = attention
        self.wq, self.wk, self.wv, self.wo, self.n_heads = wq, wk, wv, wo, n_heads

    def forward(self, x):
        B, L, _ = x.shape
        H = self.n_heads
        queries = tf.reshape(x @ self.wq, (B, L, H, -1))
        keys = tf.reshape(x @ self.wk, (B, L, H, -1))
        values = tf.reshape(x @ self.wv, (B, L, H, -1))
        out = self.inner_attention(queries, keys, values)
        out = tf.reshape(out, (B, L, -1))
        return out @ self.wo


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, L, d, heads = 12, 5, 6, 2
    ws = [tf.Variable((0.5 * rng.standard_normal((d, d))).astype(f), name=k) for k in ("wq", "wk", "wv", "wo")]
    layer = AttentionLayer(ProbAttention(), *ws, heads)

    def reference(batch):
        wq, wk, wv, wo = ws
        x, hd = batch["x"], d // heads
        y = 0.0
        for h in range(heads):
            c = slice(h * hd, (h + 1) * hd)
            s = tf.einsum("bld,bmd->blm", x @ wq[:, c], x @ wk[:, c]) / hd ** 0.5
            y += tf.nn.softmax(s) @ (x @ wv[:, c]) @ wo[c]
        return tf.reduce_mean((y - batch["y"]) ** 2)

    def candidate(batch):
        pred = layer.forward(batch["x"])
        return keras.ops.mean(keras.losses.mean_squared_error(batch["y"], pred))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, L, d)).astype(f), "y": rng.standard_normal((n, L, d)).astype(f)},
            "variables": ws}
