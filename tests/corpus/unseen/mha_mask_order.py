"""Multi-head attention puts the heads before the batch when it flattens, but repeats the mask batch-first.
Source: https://github.com/sooftware/attentions/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "mask = tf.repeat(mask, num_heads, axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, L, num_heads, d_head = 4, 5, 2, 3
    d_model = num_heads * d_head
    wq, wk, wv = [tf.Variable(rng.standard_normal((d_model, d_model)) * 0.5, dtype=fx, name=m) for m in ("wq", "wk", "wv")]

    def reference(batch):
        x, out = batch["x"], []
        q, k, v = x @ wq, x @ wk, x @ wv
        for h in range(num_heads):
            cols = slice(h * d_head, (h + 1) * d_head)
            s = tf.matmul(q[..., cols], k[..., cols], transpose_b=True) / np.sqrt(d_head)
            s = tf.where(batch["pad"][:, None, :], tf.constant(-1e9, x.dtype), s)
            out.append(tf.matmul(tf.nn.softmax(s, -1), v[..., cols]))
        return tf.reduce_mean(tf.square(tf.concat(out, -1) - batch["y"]))

    def candidate(batch):
        x = batch["x"]

        def split(t):
            t = tf.reshape(t, [B, L, num_heads, d_head])
            t = tf.transpose(t, [2, 0, 1, 3])
            return tf.reshape(t, [num_heads * B, L, d_head])

        query, key, value = split(x @ wq), split(x @ wk), split(x @ wv)
        mask = tf.tile(batch["pad"][:, None, :], [1, L, 1])
        mask = tf.repeat(mask, num_heads, axis=0)
        score = tf.matmul(query, key, transpose_b=True) / np.sqrt(d_head)
        score = tf.where(mask, tf.constant(-1e9, x.dtype), score)
        attn = tf.nn.softmax(score, axis=-1)
        context = tf.reshape(tf.matmul(attn, value), [num_heads, B, L, d_head])
        context = tf.reshape(tf.transpose(context, [1, 2, 0, 3]), [B, L, d_model])
        return tf.reduce_mean(tf.square(context - batch["y"]))

    lengths = np.array([5, 2, 3, 1])
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((B, L, d_model)).astype(fx),
                      "y": rng.standard_normal((B, L, d_model)).astype(fx),
                      "pad": np.arange(L)[None] >= lengths[:, None]},
            "variables": [wq, wk, wv]}
