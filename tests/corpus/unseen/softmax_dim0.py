"""Transformer attention with the implicit softmax dimension, which for a 3-D tensor is the head/batch axis.
Source: https://github.com/jadore801120/attention-is-all-you-need-pytorch/issues/52"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "attn = tf.nn.softmax(attn, axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, T, d, heads = 3, 4, 4, 2
    dk = d // heads
    wq, wk, wv = (tf.Variable(f(d, d), name=s) for s in ("w_qs", "w_ks", "w_vs"))

    def reference(batch):
        x = batch["x"]
        out = []
        for k in range(heads):
            c = slice(k * dk, (k + 1) * dk)
            q, kk, v = x @ wq[:, c], x @ wk[:, c], x @ wv[:, c]
            a = tf.nn.softmax(q @ tf.transpose(kk, [0, 2, 1]) / np.sqrt(dk), -1)
            out.append(a @ v)
        return tf.reduce_mean((tf.concat(out, -1) + x - batch["t"]) ** 2)

    def candidate(batch):
        def split_heads(t, weight):
            t = tf.reshape(tf.tensordot(t, weight, axes=1), [n, T, heads, dk])
            return tf.reshape(tf.transpose(t, [2, 0, 1, 3]), [heads * n, T, dk])

        def scaled_dot_product(q, k, v):
            attn = tf.matmul(q, k, transpose_b=True) / np.sqrt(dk)
            attn = tf.nn.softmax(attn, axis=0)
            return tf.matmul(attn, v)

        residual = batch["x"]
        q, k, v = (split_heads(residual, m) for m in (wq, wk, wv))
        out = tf.reshape(scaled_dot_product(q, k, v), [heads, n, T, dk])
        out = tf.reshape(tf.transpose(out, [1, 2, 0, 3]), [n, T, d])
        return tf.reduce_mean(tf.square(out + residual - batch["t"]))

    return {"reference": reference, "candidate": candidate, "batch": {"x": f(n, T, d), "t": f(n, T, d)},
            "variables": [wq, wk, wv]}
