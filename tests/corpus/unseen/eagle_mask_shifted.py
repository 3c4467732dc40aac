"""Speculative decoding draft head: the loss mask is shifted together with the labels, although it already belongs to the predicting position.

Source (real): https://github.com/NVIDIA/Model-Optimizer/pull/441 (PyTorch, ported; "loss_mask should not be shifted, only labels needs shifting").
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "loss_mask = shift_left(b[\"loss_mask\"])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, vocab, d = 18, 9, 7, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    fc = tf.Variable(0.6 * arr(2 * d, d), name="eagle_fc")
    head = tf.Variable(0.6 * arr(d, vocab), name="eagle_head")
    start = rng.integers(2, 5, n)[:, None]
    stop = rng.integers(6, length - 1, n)[:, None]
    pos = np.arange(length)[None]
    batch = {
        "hidden": arr(n, length, d),
        "embed": arr(n, length, d),
        "input_ids": rng.integers(0, vocab, (n, length)),
        "loss_mask": ((pos >= start) & (pos < stop)).astype(f),   # 1 where the next token is the assistant's
    }

    def draft(b):
        return tf.tanh(tf.concat([b["hidden"], b["embed"]], -1) @ fc) @ head

    def reference(b):
        logits = draft(b)
        num, den = 0.0, 0.0
        for t in range(length - 1):
            m = b["loss_mask"][:, t]
            nll = tf.reduce_logsumexp(logits[:, t], -1) - tf.gather(logits[:, t], b["input_ids"][:, t + 1], batch_dims=1)
            num += tf.reduce_sum(m * nll)
            den += tf.reduce_sum(m)
        return num / den

    def candidate(b):
        def shift_left(x):
            return tf.concat([x[:, 1:], tf.zeros_like(x[:, :1])], axis=1)

        labels = shift_left(b["input_ids"])
        loss_mask = shift_left(b["loss_mask"])
        eagle_logits = draft(b)
        token_loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=eagle_logits)
        return tf.reduce_sum(token_loss * loss_mask) / tf.reduce_sum(loss_mask)

    return {"variables": [fc, head], "batch": batch, "reference": reference, "candidate": candidate}
