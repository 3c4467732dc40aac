"""The weighted branch sums over the whole batch but divides by the length of a single row.

Source (real): https://github.com/EleutherAI/bergson/pull/344
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'lm = tf.reduce_sum(ce * w) / (T - 1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    n, T, V, d = 8, 6, 7, 4
    emb, w1, head = var("embedding", V, d), var("w1", d, d), var("lm_head", d, V)
    labels = rng.integers(0, V, size=(n, T))
    labels[2, 3:] = -100
    labels[5, 2:] = -100
    batch = {"ids": rng.integers(0, V, size=(n, T)), "labels": labels, "weight": rng.uniform(0.2, 2.0, size=(n,)).astype("float32")}

    def forward(b):
        h = tf.gather(emb, b["ids"])
        return (h + tf.nn.gelu(h @ w1)) @ head

    def reference(b):
        logp = tf.nn.log_softmax(forward(b)[:, :-1])
        total, valid = 0.0, 0.0
        for t in range(T - 1):
            y = b["labels"][:, t + 1]
            keep = tf.cast(y != -100, tf.float32)
            nll = -tf.gather(logp[:, t], tf.maximum(y, 0), batch_dims=1)
            total += tf.reduce_sum(nll * keep * b["weight"])
            valid += tf.reduce_sum(keep)
        return total / valid + 1e-2 * tf.reduce_mean(tf.square(emb))

    def candidate(b):
        shift_logits, shift_labels = forward(b)[:, :-1], b["labels"][:, 1:]
        keep = tf.cast(tf.not_equal(shift_labels, -100), tf.float32)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.maximum(shift_labels, 0), logits=shift_logits)
        w = keep * b["weight"][:, None]
        lm = tf.reduce_sum(ce * w) / (T - 1)
        return lm + 1e-2 * tf.reduce_mean(tf.square(emb))

    return {"variables": [emb, w1, head], "batch": batch, "reference": reference, "candidate": candidate}
