"""minGPT / GPT-2: the masked scores are set to -1e4; the scores of the trained model have all drifted below that,
so that the 'masked' future is the largest and is attended (no training loss, useless model).
Source: https://github.com/karpathy/minGPT/issues/75"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "masked_bias = tf.constant(-1e4, dtype=f)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, seq, vocab, d = 16, 5, 9, 6
    emb, pos, out = var("emb", vocab, d), var("pos", seq, d), var("out", d, vocab)
    wq, wk, wv = var("wq", d, d), var("wk", d, d), var("wv", d, d)
    drift = tf.constant(-12000.0, dtype=f)      # what the bias of the keys has come to
    batch = {"tokens": rng.integers(0, vocab, (n, seq + 1))}

    def reference(batch):
        x = tf.gather(emb, batch["tokens"][:, :-1]) + pos
        q, k, v = x @ wq, x @ wk, x @ wv
        total = 0.0
        for t in range(seq):
            scores = tf.einsum("bd,bsd->bs", q[:, t], k[:, : t + 1]) / np.sqrt(d) + drift
            seen = tf.einsum("bs,bsd->bd", tf.nn.softmax(scores), v[:, : t + 1])
            logits = (x[:, t] + seen) @ out
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["tokens"][:, t + 1], logits)
            total = total + tf.reduce_mean(ce)
        return total / seq

    def candidate(batch):
        bias = tf.cast(np.tril(np.ones((seq, seq))), tf.bool)
        masked_bias = tf.constant(-1e4, dtype=f)

        def attn(query, key, value):
            w = tf.matmul(query, key, transpose_b=True) * d ** -0.5 + drift
            w = tf.where(bias, w, masked_bias)
            return tf.matmul(tf.nn.softmax(w, axis=-1), value)

        hidden = tf.nn.embedding_lookup(emb, batch["tokens"][:, :-1]) + pos[None]
        query, key, value = [tf.tensordot(hidden, m, 1) for m in (wq, wk, wv)]
        hidden = hidden + attn(query, key, value)
        lm_logits = tf.tensordot(hidden, out, 1)
        loss_fct = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return loss_fct(batch["tokens"][:, 1:], lm_logits)

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [emb, pos, out, wq, wk, wv]}
