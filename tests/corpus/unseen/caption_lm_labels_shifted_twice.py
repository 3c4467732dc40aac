"""The labels are shifted by hand and then passed to a loss helper that shifts them again: position t learns token t + 2, across rows.

Source (real): https://github.com/huggingface/transformers/issues/47394
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'loss = causal_lm_loss(flat_logits, labels=flat_labels)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, patches, t, d, vocab = 6, 3, 7, 6, 11
    mk = lambda name, *s: tf.Variable((0.6 * rng.normal(size=s)).astype(np.float32), name=name)
    word, img, mix, head = mk("word", vocab, d), mk("img", 4, d), mk("mix", d, d), mk("head", d, vocab)
    ids = rng.integers(0, vocab, size=(n, t)).astype(np.int32)
    labels = ids.copy()
    labels[1::2, -2:] = -100
    batch = {"pixels": rng.normal(size=(n, patches, 4)).astype(np.float32), "ids": ids, "labels": labels}

    def decoder(b):
        seq = tf.concat([b["pixels"] @ img, tf.gather(word, b["ids"])], axis=1)
        seen = tf.cumsum(seq, axis=1) / tf.range(1.0, patches + t + 1.0)[None, :, None]
        return tf.tanh(seq + seen @ mix) @ head

    def causal_lm_loss(logits, labels=None, shift_labels=None):
        if shift_labels is None:
            padded = tf.pad(labels, [[0, 1]], constant_values=-100)
            shift_labels = padded[1:]
        keep = tf.cast(shift_labels != -100, tf.float32)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.maximum(shift_labels, 0), logits=logits)
        return tf.reduce_sum(ce * keep) / tf.reduce_sum(keep)

    def reference(b):
        logits = decoder(b)[:, patches:-1]
        target = b["labels"][:, 1:]
        return causal_lm_loss(tf.reshape(logits, [-1, vocab]), shift_labels=tf.reshape(target, [-1]))

    def candidate(b):
        logits = decoder(b)
        shifted_logits = logits[:, patches:-1, :]
        labels = b["labels"][:, 1:]
        flat_logits = tf.reshape(shifted_logits, [-1, vocab])
        flat_labels = tf.reshape(labels, [-1])
        loss = causal_lm_loss(flat_logits, labels=flat_labels)
        return loss

    return {"variables": [word, img, mix, head], "batch": batch, "reference": reference, "candidate": candidate}
