"""Gradient accumulation: every micro-batch is averaged over its own tokens and the averages are averaged, so short completions weigh too much.

Source (real): https://github.com/ml-explore/mlx-lm/pull/1413
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss_mb = tf.reduce_sum(ce * mask) / tf.reduce_sum(mask)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, vocab, steps = 12, 8, 5, 6, 4
    emb = tf.Variable(rng.normal(0, 0.6, (vocab, d)), name="emb", dtype=tf.float32)
    w_h = tf.Variable(rng.normal(0, 0.5, (d, d)), name="w_h", dtype=tf.float32)
    w_o = tf.Variable(rng.normal(0, 0.6, (d, vocab)), name="w_o", dtype=tf.float32)
    lengths = rng.integers(1, t + 1, n)
    lengths[:3] = [1, 1, 2]
    lengths[-3:] = [t, t, t - 1]
    batch = {
        "inputs": rng.integers(0, vocab, (n, t)).astype(np.int32),
        "targets": rng.integers(0, vocab, (n, t)).astype(np.int32),
        "lengths": lengths.astype(np.int32),
    }

    def token_losses(inputs, targets):
        h = tf.nn.tanh(tf.gather(emb, inputs) @ w_h)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(targets, h @ w_o)

    def reference(b):
        mask = tf.sequence_mask(b["lengths"], t, dtype=tf.float32)
        ce = token_losses(b["inputs"], b["targets"])
        return tf.reduce_sum(ce * mask) / tf.reduce_sum(mask)

    def candidate(b):
        accumulated = 0.0
        for step in range(steps):
            rows = slice(step * n // steps, (step + 1) * n // steps)
            inputs, targets = b["inputs"][rows], b["targets"][rows]
            mask = tf.sequence_mask(b["lengths"][rows], t, dtype=tf.float32)
            ce = token_losses(inputs, targets)
            loss_mb = tf.reduce_sum(ce * mask) / tf.reduce_sum(mask)
            accumulated += loss_mb
        return accumulated / steps

    return {"variables": [emb, w_h, w_o], "batch": batch, "reference": reference, "candidate": candidate}
