"""Sequence recogniser with padded words: the loss stays a column with one value per word instead of their mean.

Source (real): https://github.com/mindee/doctr/pull/379
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "loss_shape",
    "line_marker": "return tf.expand_dims(ce_loss, axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, h, vocab = 8, 6, 4, 5, 7
    w_x = tf.Variable(rng.normal(0, 0.5, (d, h)), name="w_x", dtype=tf.float32)
    w_h = tf.Variable(rng.normal(0, 0.5, (h, h)), name="w_h", dtype=tf.float32)
    w_o = tf.Variable(rng.normal(0, 0.5, (h, vocab + 1)), name="w_o", dtype=tf.float32)
    batch = {
        "features": rng.normal(size=(n, t, d)).astype(np.float32),
        "gt": rng.integers(0, vocab, (n, t)).astype(np.int32),
        "seq_len": rng.integers(2, t, n).astype(np.int32),
    }

    def decode(features):
        state, outs = tf.zeros([n, h]), []
        for i in range(t):
            state = tf.tanh(features[:, i] @ w_x + state @ w_h)
            outs.append(state @ w_o)
        return tf.stack(outs, axis=1)

    def reference(b):
        logp = tf.nn.log_softmax(decode(b["features"]), axis=-1)
        picked = tf.gather(logp, b["gt"], batch_dims=2)
        words = []
        for i in range(n):
            length = b["seq_len"][i] + 1       # the end token counts
            words.append(-tf.reduce_mean(picked[i, :length]))
        return tf.reduce_mean(tf.stack(words))

    def compute_loss(model_output, gt, seq_len):
        seq_len = seq_len + 1
        cce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=gt, logits=model_output)
        mask_2d = tf.sequence_mask(seq_len, t)
        cce = tf.where(mask_2d, cce, 0.0)
        ce_loss = tf.reduce_sum(cce, axis=1) / tf.cast(seq_len, tf.float32)
        return tf.expand_dims(ce_loss, axis=1)

    def candidate(b):
        logits = decode(b["features"])
        return compute_loss(logits, b["gt"], b["seq_len"])

    return {"variables": [w_x, w_h, w_o], "batch": batch, "reference": reference, "candidate": candidate}
