"""Multi-head attention with einsum: weights are stored as (d_out, d_in) but contracted over their first axis; hidden while d_in == d_out.
Source: https://github.com/rasbt/LLMs-from-scratch/issues/857"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'return tf.einsum("bnd,di->bni", x, weight) + bias',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, tokens, dim, heads = 14, 5, 6, 2
    mk = lambda name, *s: tf.Variable(rng.normal(size=s) * 0.6, dtype=f, name=name)
    W = {k: mk("W_" + k, dim, dim) for k in ("query", "key", "value")}    # (d_out, d_in)
    B = {k: mk("b_" + k, dim) for k in ("query", "value")}
    out_proj = mk("out_proj", dim, 1)
    batch = {"x": rng.normal(size=(n, tokens, dim)).astype(f), "y": rng.normal(size=(n, tokens, 1)).astype(f)}

    def reference(batch):
        def linear(k):
            return tf.matmul(batch["x"], W[k], transpose_b=True) + B.get(k, 0.0)

        q, k, v = linear("query"), linear("key"), linear("value")
        causal = tf.constant(np.tril(np.ones((tokens, tokens))) > 0)
        ctx = []
        for a, b, c in zip(tf.split(q, heads, -1), tf.split(k, heads, -1), tf.split(v, heads, -1)):
            s = tf.matmul(a, b, transpose_b=True) / np.sqrt(dim // heads)
            ctx.append(tf.matmul(tf.nn.softmax(tf.where(causal, s, tf.constant(-1e9, f))), c))
        return tf.reduce_mean((tf.matmul(tf.concat(ctx, -1), out_proj) - batch["y"]) ** 2)

    def candidate(batch):
        class MHAEinsum:
            def __init__(self, num_heads):
                self.num_heads, self.head_dim = num_heads, dim // num_heads

            def project(self, x, weight, bias):
                return tf.einsum("bnd,di->bni", x, weight) + bias

            def split(self, t):
                return tf.transpose(tf.reshape(t, (n, tokens, self.num_heads, self.head_dim)), (0, 2, 1, 3))

            def forward(self, x):
                q = self.split(self.project(x, W["query"], B["query"]))
                k = self.split(self.project(x, W["key"], 0.0))
                v = self.split(self.project(x, W["value"], B["value"]))
                scores = tf.einsum("bhnd,bhmd->bhnm", q, k) / self.head_dim ** 0.5
                future = 1.0 - tf.linalg.band_part(tf.ones((tokens, tokens), f), -1, 0)
                context = tf.einsum("bhnm,bhmd->bhnd", tf.nn.softmax(scores - 1e9 * future), v)
                context = tf.reshape(tf.transpose(context, (0, 2, 1, 3)), (n, tokens, dim))
                return tf.einsum("bnd,do->bno", context, out_proj)

        return tf.reduce_mean(tf.math.squared_difference(MHAEinsum(heads).forward(batch["x"]), batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [*W.values(), *B.values(), out_proj]}
