"""RoPE: frequencies are laid out for adjacent pairs (repeat_interleave) but rotate_half splits the vector in the middle. Source: https://github.com/raiyanyahya/how-to-train-your-gpt/issues/6"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "x1, x2 = x[..., :x.shape[-1] // 2], x[..., x.shape[-1] // 2:]",
    "same_forward_value": False,
}


def rotate_half(x):
    x1, x2 = x[..., :x.shape[-1] // 2], x[..., x.shape[-1] // 2:]
    return tf.concat([-x2, x1], axis=-1)


def build(seed=0):
    rng = np.random.default_rng(seed)
    B, T, V, D = 3, 6, 11, 8
    theta = (10000.0 ** (-np.arange(0, D, 2) / D)).astype("float32")
    freqs = np.outer(np.arange(T), theta).astype("float32")
    embed = tf.Variable(rng.normal(0, 1.0, (V, D)).astype("float32"))
    wq = tf.Variable(rng.normal(0, 0.5, (D, D)).astype("float32"))
    wk = tf.Variable(rng.normal(0, 0.5, (D, D)).astype("float32"))
    wv = tf.Variable(rng.normal(0, 0.5, (D, D)).astype("float32"))
    causal = tf.linalg.band_part(tf.ones((T, T)), -1, 0)

    def next_token_loss(tokens, rope):
        x = tf.nn.embedding_lookup(embed, tokens)
        q, k = rope(x @ wq), rope(x @ wk)
        scores = tf.matmul(q, k, transpose_b=True) / D ** 0.5 + (1.0 - causal) * -1e9
        h = x + tf.matmul(tf.nn.softmax(scores), x @ wv)
        logits = tf.matmul(h, embed, transpose_b=True)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(tokens[:, 1:], logits[:, :-1])
        return tf.reduce_mean(ce)

    def reference(batch):
        def rope(x):
            even, odd = x[..., 0::2], x[..., 1::2]
            c, s = tf.cos(freqs), tf.sin(freqs)
            rotated = tf.stack([even * c - odd * s, odd * c + even * s], axis=-1)
            return tf.reshape(rotated, x.shape)
        return next_token_loss(batch["tokens"], rope)

    def candidate(batch):
        emb = tf.repeat(freqs, 2, axis=-1)
        cos, sin = tf.cos(emb), tf.sin(emb)
        return next_token_loss(batch["tokens"], lambda x: x * cos + rotate_half(x) * sin)

    batch = {"tokens": rng.integers(0, V, (B, T)).astype("int32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [embed, wq, wk, wv]}
