"""The exponent 2i/d of the position encoding is an integer division and is 0 for all dimensions.

Source (real): https://github.com/Kyubyong/transformer/pull/81
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'exponent = tf.cast(2 * (idx // 2) // d, tf.float32)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, vocab = 8, 6, 6, 10
    mk = lambda name, *s: tf.Variable((0.6 * rng.normal(size=s)).astype(np.float32), name=name)
    lookup, w_qk, w_out = mk("lookup", vocab, d), mk("w_qk", d, d), mk("w_out", d, vocab)
    batch = {
        "tokens": rng.integers(0, vocab, size=(n, t)).astype(np.int32),
        "next": rng.integers(0, vocab, size=(n, t)).astype(np.int32),
    }

    def block(x):
        scores = tf.einsum("ntd,de,nse->nts", x, w_qk, x) / d ** 0.5
        return x + tf.nn.softmax(scores, -1) @ x

    def smoothed_ce(logits, target, eps=0.1):
        soft = (1.0 - eps) * tf.one_hot(target, vocab) + eps / vocab
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=soft, logits=logits))

    def embed(tokens):
        return tf.gather(lookup, tokens) * d ** 0.5

    def reference(b):
        table = np.zeros((t, d), np.float32)
        for pos in range(t):
            for i in range(d):
                angle = pos / np.power(10000.0, 2 * (i // 2) / d)
                table[pos, i] = np.sin(angle) if i % 2 == 0 else np.cos(angle)
        x = embed(b["tokens"]) + table
        return smoothed_ce(block(x) @ w_out, b["next"])

    def candidate(b):
        idx = tf.range(d)
        pos = tf.range(t, dtype=tf.float32)[:, None]
        exponent = tf.cast(2 * (idx // 2) // d, tf.float32)
        angle = pos / tf.pow(10000.0, exponent)[None, :]
        even = tf.cast(idx % 2 == 0, tf.float32)
        table = even * tf.sin(angle) + (1.0 - even) * tf.cos(angle)
        logits = block(embed(b["tokens"]) + table) @ w_out
        return smoothed_ce(logits, b["next"])

    return {"variables": [lookup, w_qk, w_out], "batch": batch, "reference": reference, "candidate": candidate}
