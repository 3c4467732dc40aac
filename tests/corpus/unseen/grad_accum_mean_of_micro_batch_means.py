"""Each micro batch is divided by its own token count and the micro batches are averaged, instead of dividing by the tokens of the whole batch.

Source (real): https://github.com/huggingface/transformers/pull/34191
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'losses.append(tf.reduce_sum(ce * m) / tf.reduce_sum(m))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    n, T, V, d, steps = 12, 6, 8, 5, 4
    emb, w_ctx, head = var("embedding", V, d), var("w_ctx", d, d), var("lm_head", d, V)
    lens = np.array([2, 2, 3, 6, 5, 6, 2, 3, 2, 6, 6, 6])
    batch = {
        "ids": rng.integers(0, V, size=(n, T)),
        "labels": rng.integers(0, V, size=(n, T)),
        "mask": (np.arange(T)[None] < lens[:, None]).astype("float32"),
    }

    def token_ce(ids, labels):
        x = tf.gather(emb, ids)
        ctx = tf.cumsum(x, axis=1) / tf.range(1.0, T + 1.0)[None, :, None]
        logits = (x + tf.tanh(ctx @ w_ctx)) @ head
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)

    def reference(b):
        num_items = tf.reduce_sum(b["mask"])
        total = 0.0
        for s in range(steps):
            sl = slice(s * n // steps, (s + 1) * n // steps)
            total += tf.reduce_sum(token_ce(b["ids"][sl], b["labels"][sl]) * b["mask"][sl]) / num_items
        return total

    def candidate(b):
        losses = []
        micro = zip(tf.split(b["ids"], steps), tf.split(b["labels"], steps), tf.split(b["mask"], steps))
        for ids, labels, m in micro:
            ce = token_ce(ids, labels)
            losses.append(tf.reduce_sum(ce * m) / tf.reduce_sum(m))
        return tf.add_n(losses) / steps

    return {"variables": [emb, w_ctx, head], "batch": batch, "reference": reference, "candidate": candidate}
