"""The attention module wants (time, batch, channels), the separation network hands it (batch, time, channels).
The samples of the batch attend to each other and the time steps do not.
Source: https://github.com/JusperLee/TDANet/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "att = attention(z, z, z)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, c, heads = 12, 7, 6, 2
    hd = c // heads
    x = rng.normal(size=(n, t, c)).astype(f)
    y = rng.normal(size=(n, t, c)).astype(f)
    w_in = tf.Variable((0.6 * rng.normal(size=(c, 3 * c))).astype(f), name="w_in")
    w_out = tf.Variable((0.6 * rng.normal(size=(c, c))).astype(f), name="w_out")

    def reference(batch):
        q, k, v = tf.split(batch["x"] @ w_in, 3, axis=-1)
        parts = []
        for a in range(heads):
            cut = slice(a * hd, (a + 1) * hd)
            score = tf.einsum("bqd,bkd->bqk", q[..., cut], k[..., cut]) / np.sqrt(hd)
            parts.append(tf.einsum("bqk,bkd->bqd", tf.nn.softmax(score), v[..., cut]))
        out = batch["x"] + tf.concat(parts, axis=-1) @ w_out
        return tf.reduce_mean((out - batch["y"]) ** 2)

    def candidate(batch):
        def attention(query, key, value):
            """As nn.MultiheadAttention with batch_first=False: (L, N, E)."""
            length, count, _ = query.shape
            wq, wk, wv = tf.split(w_in, 3, axis=1)

            def heads_first(z, w):
                z = tf.reshape(tf.tensordot(z, w, axes=1), (length, count * heads, hd))
                return tf.transpose(z, (1, 0, 2))

            q, k, v = heads_first(query, wq), heads_first(key, wk), heads_first(value, wv)
            att = tf.nn.softmax(tf.matmul(q * hd ** -0.5, k, transpose_b=True))
            ctx = tf.transpose(tf.matmul(att, v), (1, 0, 2))
            return tf.tensordot(tf.reshape(ctx, (length, count, c)), w_out, axes=1)

        z = batch["x"]
        att = attention(z, z, z)
        return tf.reduce_mean(tf.square(z + att - batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y}, "variables": [w_in, w_out]}
