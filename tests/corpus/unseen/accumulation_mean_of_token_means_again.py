"""Gradient accumulation: each micro-batch is normalised by its own token count and the means are averaged, which overweights short completions.

Source (real): https://github.com/ml-explore/mlx-lm/pull/1413
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'window += tf.reduce_sum(ce * mask) / tf.reduce_sum(mask)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, length, vocab, d, micro = 12, 9, 11, 8, 3
    emb = tf.keras.layers.Embedding(vocab, d)
    head = tf.keras.layers.Dense(vocab)
    emb.build((None, length)), head.build((None, length, d))
    for v in emb.trainable_variables + head.trainable_variables:
        v.assign(rng.normal(0, 0.6, v.shape))
    lens = np.concatenate([rng.integers(2, 4, n // 2), rng.integers(7, length + 1, n // 2)])
    batch = {"tokens": rng.integers(0, vocab, (n, length)).astype(np.int32), "length": lens.astype(np.int32)}

    def token_losses(tokens, lengths):
        inp, lab = tokens[:, :-1], tokens[:, 1:]
        ctx = tf.cumsum(emb(inp), axis=1)
        logits = head(tf.tanh(ctx))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=lab, logits=logits)
        mask = tf.cast(tf.range(1, length)[None] < lengths[:, None], tf.float32)
        return ce, mask

    def reference(b):
        num, den = 0.0, 0.0
        for i in range(0, n, micro):
            ce, m = token_losses(b["tokens"][i:i + micro], b["length"][i:i + micro])
            num += tf.reduce_sum(ce * m)
            den += tf.reduce_sum(m)
        return num / den

    def candidate(b):
        steps = n // micro
        window = 0.0
        for toks, lens_ in zip(tf.split(b["tokens"], steps), tf.split(b["length"], steps)):
            ce, mask = token_losses(toks, lens_)
            window += tf.reduce_sum(ce * mask) / tf.reduce_sum(mask)
        return window / steps

    return {"variables": emb.trainable_variables + head.trainable_variables, "batch": batch,
            "reference": reference, "candidate": candidate}
