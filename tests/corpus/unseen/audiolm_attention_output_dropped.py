"""AudioLM transformer: the output of the attention goes to a name that nobody reads, and the residual is added to x itself;
the attention has no part in the result (came in with a refactoring for the kv cache).
Source: https://github.com/lucidrains/audiolm-pytorch/pull/265"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "attn_out, cache = attend(layer, x)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, seq, vocab, d, layers = 14, 7, 11, 6, 2
    emb, head = var("emb", vocab, d), var("head", d, vocab)
    wqkv = [var(f"wqkv{i}", d, 3 * d) for i in range(layers)]
    wo = [var(f"wo{i}", d, d) for i in range(layers)]
    ff = [var(f"ff{i}", d, d) for i in range(layers)]
    batch = {"tokens": rng.integers(0, vocab, (n, seq + 1))}
    causal = tf.constant(np.triu(np.full((seq, seq), -1e9), 1), dtype=f)

    def reference(batch):
        x = tf.gather(emb, batch["tokens"][:, :-1])
        for a, o, m in zip(wqkv, wo, ff):
            q, k, v = tf.split(x @ a, 3, axis=-1)
            weights = tf.nn.softmax(q @ tf.transpose(k, [0, 2, 1]) / np.sqrt(d) + causal)
            x = x + (weights @ v) @ o
            x = x + tf.nn.gelu(x @ m)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["tokens"][:, 1:], x @ head)
        return tf.reduce_mean(ce)

    def candidate(batch):
        def attend(layer, x):
            q, k, v = [tf.tensordot(x, w, 1) for w in tf.split(wqkv[layer], 3, axis=1)]
            sim = tf.einsum("bid,bjd->bij", q, k) * d ** -0.5 + causal
            out = tf.einsum("bij,bjd->bid", tf.nn.softmax(sim, axis=-1), v)
            return tf.tensordot(out, wo[layer], 1), (k, v)

        ids, labels = batch["tokens"][:, :-1], batch["tokens"][:, 1:]
        x, new_cache = tf.nn.embedding_lookup(emb, ids), []
        for layer in range(layers):
            residual = x
            attn_out, cache = attend(layer, x)
            new_cache.append(cache)
            x = x + residual
            x = tf.nn.gelu(tf.tensordot(x, ff[layer], 1)) + x
        logp = tf.nn.log_softmax(tf.tensordot(x, head, 1))
        return -tf.reduce_mean(tf.gather(logp, labels, batch_dims=2))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [emb, head] + wqkv + wo + ff}
