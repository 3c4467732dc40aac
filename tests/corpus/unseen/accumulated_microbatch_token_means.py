"""Wrong: the micro-batches' per-token means are averaged, though they hold different numbers of tokens.

Source (real): https://github.com/meta-pytorch/torchtune/pull/1875
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "running_loss += tf.reduce_sum(token_loss * keep) / tf.reduce_sum(keep)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    V, D, T, n, steps = 9, 6, 8, 8, 4
    emb = tf.Variable(rng.normal(0, 0.7, (V, D)).astype("float32"), name="tok_emb")
    mix = tf.Variable(rng.normal(0, 0.5, (D, D)).astype("float32"), name="mix")
    head = tf.Variable(rng.normal(0, 0.7, (D, V)).astype("float32"), name="lm_head")
    lens = np.array([8, 7, 2, 2, 3, 2, 8, 6])
    batch = {
        "tokens": rng.integers(0, V, (n, T)).astype("int32"),
        "labels": np.where(np.arange(T) < lens[:, None], rng.integers(0, V, (n, T)), -100).astype("int32"),
    }

    def lm(tokens):
        h = tf.gather(emb, tokens)
        past = tf.cumsum(h, axis=1) / tf.range(1.0, T + 1.0)[None, :, None]
        return tf.nn.gelu(past @ mix + h) @ head

    def reference(b):
        valid = b["labels"] != -100
        logits = tf.boolean_mask(lm(b["tokens"]), valid)
        labels = tf.boolean_mask(b["labels"], valid)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))

    def candidate(b):
        running_loss = 0.0
        size = n // steps
        for step in range(steps):
            rows = slice(step * size, (step + 1) * size)
            labels = b["labels"][rows]
            keep = tf.cast(labels != -100, tf.float32)
            logits = lm(b["tokens"][rows])
            token_loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tf.maximum(labels, 0), logits=logits)
            running_loss += tf.reduce_sum(token_loss * keep) / tf.reduce_sum(keep)
        return running_loss / steps

    return {"variables": [emb, mix, head], "batch": batch, "reference": reference, "candidate": candidate}
