"""Multi-head attention: the output of shape (batch * heads, T, d) is viewed as (heads, batch, T, d) before it is put together.

Source (real): https://github.com/gazelle93/Transformer-Various-Positional-Encoding/issues/1 (PyTorch; confirmed by the author).
Right answer: NOT equivalent; heads, samples and time steps are mixed.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "output = tf.reshape(output, [self.num_heads, batch_size, -1, self.head_dim])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, heads, hd = 15, 5, 2, 3
    dim = heads * hd

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    names = ("query_proj", "key_proj", "value_proj", "out_proj")
    wq, wk, wv, wo = (tf.Variable(0.5 * arr(dim, dim), name=k) for k in names)
    batch = {"x": arr(n, t, dim), "y": arr(n, t, dim)}

    def reference(b):
        total = 0.0
        m = b["x"].shape[0]
        for x, y in zip(tf.unstack(b["x"]), tf.unstack(b["y"])):
            q, k, v = x @ wq, x @ wk, x @ wv
            per_head = []
            for h in range(heads):
                s = slice(h * hd, (h + 1) * hd)
                p = tf.nn.softmax(tf.matmul(q[:, s], k[:, s], transpose_b=True) * hd**-0.5)
                per_head.append(p @ v[:, s])
            total += tf.reduce_mean(tf.square(tf.concat(per_head, axis=1) @ wo - y))
        return total / m

    class MultiHeadAttention:
        def __init__(self):
            self.num_heads, self.head_dim = heads, hd

        def reshape_to_batches(self, x, batch_size):
            x = tf.reshape(x, [batch_size, -1, self.num_heads, self.head_dim])
            x = tf.transpose(x, [0, 2, 1, 3])
            return tf.reshape(x, [batch_size * self.num_heads, -1, self.head_dim])

        def reshape_to_concat(self, batch_size, x):
            x = tf.transpose(x, [0, 2, 1, 3])
            return tf.reshape(x, [batch_size, -1, self.num_heads * self.head_dim])

    def candidate(b):
        class Attention(MultiHeadAttention):
            def __call__(self, x):
                batch_size = x.shape[0]
                query, key, value = (self.reshape_to_batches(x @ w, batch_size) for w in (wq, wk, wv))
                attn_score = tf.nn.softmax(tf.einsum("bid,bjd->bij", query, key) / self.head_dim**0.5)
                output = attn_score @ value
                output = tf.reshape(output, [self.num_heads, batch_size, -1, self.head_dim])
                return self.reshape_to_concat(batch_size, output) @ wo

        return tf.reduce_mean(tf.square(Attention()(b["x"]) - b["y"]))

    return {"variables": [wq, wk, wv, wo], "batch": batch, "reference": reference, "candidate": candidate}
