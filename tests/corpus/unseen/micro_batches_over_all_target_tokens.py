"""Right: every micro-batch divides by the number of target tokens of the whole batch, and the micro-batch losses are added up.

Source (real): https://github.com/policy-gradient/GRPO-Zero/issues/11
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, vocab, micro = 12, 7, 5, 6, 5
    emb = tf.Variable(rng.normal(0, 0.6, (vocab, d)), name="emb", dtype=tf.float32)
    w_h = tf.Variable(rng.normal(0, 0.6, (d, d)), name="w_h", dtype=tf.float32)
    w_o = tf.Variable(rng.normal(0, 0.6, (d, vocab)), name="w_o", dtype=tf.float32)
    lengths = rng.integers(1, t + 1, n)
    batch = {
        "tokens": rng.integers(0, vocab, (n, t + 1)).astype(np.int32),
        "lengths": lengths.astype(np.int32),
        "advantage": rng.normal(size=n).astype(np.float32),
    }

    def policy(tokens):
        h = tf.tanh(tf.gather(emb, tokens) @ w_h)
        # causal running mean as context
        steps = tf.range(1, t + 1, dtype=tf.float32)[None, :, None]
        return tf.cumsum(h, axis=1) / steps @ w_o

    def reference(b):
        inputs, targets = b["tokens"][:, :-1], b["tokens"][:, 1:]
        logp_all = tf.nn.log_softmax(policy(inputs), axis=-1)
        logp = tf.gather(logp_all, targets, batch_dims=2)
        mask = tf.sequence_mask(b["lengths"], t, dtype=tf.float32)
        obj = tf.reduce_sum(logp * b["advantage"][:, None] * mask)
        return -obj / tf.reduce_sum(mask)

    def candidate(b):
        num_target_tokens = tf.cast(tf.reduce_sum(b["lengths"]), tf.float32)
        order = tf.argsort(b["lengths"])       # similar lengths together
        loss = 0.0
        for i in range(0, n, micro):
            idx = order[i:i + micro]
            tokens = tf.gather(b["tokens"], idx)
            target_masks = tf.sequence_mask(tf.gather(b["lengths"], idx), t, dtype=tf.float32)
            log_probs = -tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tokens[:, 1:], logits=policy(tokens[:, :-1]))
            obj = log_probs * tf.gather(b["advantage"], idx)[:, None]
            obj = tf.reduce_sum(obj * target_masks) / num_target_tokens
            loss += -obj
        return loss

    return {"variables": [emb, w_h, w_o], "batch": batch, "reference": reference, "candidate": candidate}
