"""DFT fine-tuning loss: the probability that weights each token's cross-entropy is not detached.

Source (real): https://github.com/modelscope/twinkle/pull/291 (PyTorch, ported; -sg(p) log p, eq. 9 of the paper; values unchanged).
Right answer: NOT equivalent although the value is the same; below p = 1/e the gradient even turns around.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'token_loss = token_loss * tf.exp(-token_loss)',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, length, vocab, d = 18, 5, 11, 4

    emb = tf.Variable(0.8 * arr(vocab, d), name="tok_emb")
    mix = tf.Variable(0.6 * arr(d, d), name="mix")
    head = tf.Variable(0.9 * arr(d, vocab), name="lm_head")
    labels = rng.integers(0, vocab, (n, length))
    labels[rng.random((n, length)) < 0.2] = -100
    batch = {"input_ids": rng.integers(0, vocab, (n, length)), "labels": labels}

    def lm(ids):
        h = tf.gather(emb, ids)
        return tf.tanh(tf.cumsum(h @ mix, axis=1)) @ head

    def reference(b):
        logp = tf.nn.log_softmax(lm(b["input_ids"]))
        total, tokens = 0.0, 0
        for i in range(b["labels"].shape[0]):
            for t in range(length):
                y = int(b["labels"][i, t])
                if y >= 0:
                    total -= tf.stop_gradient(tf.exp(logp[i, t, y])) * logp[i, t, y]
                    tokens += 1
        return total / tokens

    def candidate(b):
        class CrossEntropyLoss:
            ignore_index = -100

            def __init__(self, dft):
                self.dft = dft

            def __call__(self, logits, labels):
                loss_mask = tf.cast(labels != self.ignore_index, logits.dtype)
                masked = tf.where(labels == self.ignore_index, tf.zeros_like(labels), labels)
                token_loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=masked, logits=logits)
                if self.dft:
                    token_loss = token_loss * tf.exp(-token_loss)
                return tf.reduce_sum(token_loss * loss_mask) / tf.reduce_sum(loss_mask)

        return CrossEntropyLoss(dft=True)(lm(b["input_ids"]), b["labels"])

    return {"variables": [emb, mix, head], "batch": batch, "reference": reference, "candidate": candidate}
