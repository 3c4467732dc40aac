"""With gradient accumulation each micro-batch is divided by its own token count and the means are averaged; long micro-batches count too little.

Source (real): https://github.com/huggingface/transformers/issues/24725
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'micro = tf.reduce_sum(ce * keep) / tf.reduce_sum(keep)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, vocab, d, steps = 8, 9, 11, 5, 4
    emb = tf.Variable((0.7 * rng.normal(size=(vocab, d))).astype(np.float32), name="emb")
    mix = tf.Variable((0.5 * rng.normal(size=(d, d))).astype(np.float32), name="mix")
    unemb = tf.Variable((0.7 * rng.normal(size=(d, vocab))).astype(np.float32), name="unemb")
    ids = rng.integers(0, vocab, size=(n, t)).astype(np.int32)
    labels = ids.copy()
    for i, length in enumerate([3, 2, 9, 9, 3, 4, 8, 9]):
        labels[i, length:] = -100
    batch = {"ids": ids, "labels": labels}

    def token_losses(ids, labels):
        x = tf.gather(emb, ids)
        hidden = tf.tanh(tf.cumsum(x, axis=1) / tf.range(1.0, t + 1.0)[None, :, None] @ mix)
        logits = (hidden @ unemb)[:, :-1]
        target = labels[:, 1:]
        keep = tf.cast(target != -100, tf.float32)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(target, 0), logits)
        return ce, keep

    def reference(b):
        ce, keep = token_losses(b["ids"], b["labels"])
        return tf.reduce_sum(ce * keep) / tf.reduce_sum(keep)

    def candidate(b):
        accumulated = 0.0
        size = n // steps
        for s in range(steps):
            rows = slice(s * size, (s + 1) * size)
            ce, keep = token_losses(b["ids"][rows], b["labels"][rows])
            micro = tf.reduce_sum(ce * keep) / tf.reduce_sum(keep)
            accumulated += micro / steps
        return accumulated

    return {"variables": [emb, mix, unemb], "batch": batch, "reference": reference, "candidate": candidate}
