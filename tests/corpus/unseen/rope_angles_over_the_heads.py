"""RoPE from scratch: compute_rope expects (batch, heads, positions, dim) but the tensors are (batch, positions, heads, dim);
the angles run over the heads instead of the positions.
Source: https://github.com/rasbt/LLMs-from-scratch/issues/411"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "angles = freqs[: x.shape[2]][None, None, :, :]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, seq, vocab, heads, hd = 14, 6, 11, 3, 4
    d = heads * hd
    emb, out = var("emb", vocab, d), var("out", d, vocab)
    wq, wk, wv = var("wq", d, d), var("wk", d, d), var("wv", d, d)
    inv = 1.0 / 100.0 ** (np.arange(0, hd, 2) / hd)
    table = np.outer(np.arange(16), inv)
    freqs = tf.constant(np.concatenate([table, table], 1), dtype=f)
    batch = {"tokens": rng.integers(0, vocab, (n, seq + 1))}
    causal = tf.constant(np.triu(np.full((seq, seq), -1e9), 1), dtype=f)

    def reference(batch):
        x = tf.gather(emb, batch["tokens"][:, :-1])
        outputs = []
        for h in range(heads):
            part = slice(h * hd, (h + 1) * hd)
            q, k, v = x @ wq[:, part], x @ wk[:, part], x @ wv[:, part]
            turned = []
            for t in (q, k):
                rows = []
                for p in range(seq):
                    cos, sin = tf.cos(freqs[p]), tf.sin(freqs[p])
                    half = tf.concat([-t[:, p, hd // 2:], t[:, p, : hd // 2]], -1)
                    rows.append(t[:, p] * cos + half * sin)
                turned.append(tf.stack(rows, 1))
            scores = tf.matmul(turned[0], turned[1], transpose_b=True) / np.sqrt(hd) + causal
            outputs.append(tf.nn.softmax(scores) @ v)
        logits = (x + tf.concat(outputs, -1)) @ out
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["tokens"][:, 1:], logits)
        return tf.reduce_mean(ce)

    def candidate(batch):
        def split_heads(t):
            return tf.reshape(t, [n, seq, heads, hd])

        def compute_rope(x):
            x1, x2 = tf.split(x, 2, axis=-1)
            angles = freqs[: x.shape[2]][None, None, :, :]
            rotated = tf.concat([-x2, x1], axis=-1)
            return x * tf.cos(angles) + rotated * tf.sin(angles)

        x = tf.nn.embedding_lookup(emb, batch["tokens"][:, :-1])
        queries = compute_rope(split_heads(tf.tensordot(x, wq, 1)))
        keys = compute_rope(split_heads(tf.tensordot(x, wk, 1)))
        values = split_heads(tf.tensordot(x, wv, 1))
        att = tf.einsum("bqhd,bkhd->bhqk", queries, keys) * hd ** -0.5 + causal
        ctx = tf.einsum("bhqk,bkhd->bqhd", tf.nn.softmax(att, axis=-1), values)
        logits = tf.tensordot(x + tf.reshape(ctx, [n, seq, d]), out, 1)
        logp = tf.nn.log_softmax(logits)
        return -tf.reduce_mean(tf.gather(logp, batch["tokens"][:, 1:], batch_dims=2))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, out, wq, wk, wv]}
