"""Masked BCE: the loss is already a mean over all positions when it meets the mask, so the mask cancels out.

Source (real): https://github.com/WindChimeRan/OpenJERE/issues/6 (PyTorch, ported; "Yes, this is a bug", reduction='none' mends it).
Right answer: NOT equivalent; padding counts like every other token.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'BCE = keras.losses.BinaryCrossentropy(from_logits=True, reduction="sum_over_batch_size")',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, vocab, emb, hid = 13, 7, 11, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    table = tf.Variable(0.8 * arr(vocab, emb), name="embedding")
    w1 = tf.Variable(0.7 * arr(emb, hid), name="hidden_w")
    w2 = tf.Variable(0.9 * arr(hid), name="tag_w")
    lengths = rng.integers(2, length + 1, n)
    tokens = rng.integers(1, vocab, (n, length)) * (np.arange(length) < lengths[:, None])
    gold = (rng.random((n, length)) < 0.4) & (tokens > 0)
    batch = {"tokens": tokens, "gold": gold.astype(f)}

    def reference(b):
        parts, count = [], 0
        for i in range(b["tokens"].shape[0]):
            real = tf.where(b["tokens"][i] != 0)[:, 0]
            x = tf.tanh(tf.gather(table, tf.gather(b["tokens"][i], real)) @ w1)
            p = tf.linalg.matvec(x, w2)
            y = tf.gather(b["gold"][i], real)
            parts.append(tf.reduce_sum(y * tf.nn.softplus(-p) + (1.0 - y) * tf.nn.softplus(p)))
            count += tf.size(real)
        return tf.add_n(parts) / tf.cast(count, w2.dtype)

    def candidate(b):
        BCE = keras.losses.BinaryCrossentropy(from_logits=True, reduction="sum_over_batch_size")

        def masked_bce(logits, gt, mask):
            loss = BCE(gt[..., None], logits[..., None])
            return tf.reduce_sum(loss * mask) / tf.reduce_sum(mask)

        hidden = tf.tanh(tf.einsum("nle,eh->nlh", tf.gather(table, b["tokens"]), w1))
        logits = tf.einsum("nlh,h->nl", hidden, w2)
        mask = tf.cast(b["tokens"] != 0, logits.dtype)
        return masked_bce(logits, b["gold"], mask)

    return {"variables": [table, w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
