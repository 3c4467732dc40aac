"""Causal language model: logits and labels are shifted by a helper that gets already shifted ones.

Source (real): https://github.com/huggingface/transformers/issues/47394 and pull 37830 ("we are actually doing next-next
token prediction"). PyTorch, ported.
Right answer: NOT equivalent; position t is trained on token t + 2.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'return causal_loss(logits[:, :-1], b["tok"][:, 1:])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, vocab, emb = 13, 8, 7, 4
    table = tf.Variable((0.7 * rng.standard_normal((vocab, emb))).astype(f), name="token_table")
    head = tf.Variable((0.7 * rng.standard_normal((emb, vocab))).astype(f), name="lm_head")
    batch = {"tok": rng.integers(0, vocab, (n, t))}

    def forward(tok):
        hidden = tf.cumsum(tf.nn.embedding_lookup(table, tok), axis=1)
        steps = tf.range(1, t + 1, dtype=tf.int32)[None, :, None]
        return tf.tensordot(tf.tanh(hidden / tf.cast(steps, hidden.dtype)), head, 1)

    def causal_loss(logits, labels):
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels[:, 1:], logits=logits[:, :-1])
        return tf.reduce_mean(each)

    def reference(b):
        logp = tf.nn.log_softmax(forward(b["tok"]))
        m = b["tok"].shape[0]
        total = 0.0
        for s in range(t - 1):
            total -= tf.reduce_sum(tf.gather(logp[:, s], b["tok"][:, s + 1], batch_dims=1))
        return total / (m * (t - 1))

    def candidate(b):
        logits = forward(b["tok"])
        return causal_loss(logits[:, :-1], b["tok"][:, 1:])

    return {"variables": [table, head], "batch": batch, "reference": reference, "candidate": candidate}
