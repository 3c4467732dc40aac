"""Label smoothing with gradient accumulation: each micro-batch is divided by its own token count although the losses are only added up.

Source (real): https://github.com/huggingface/transformers/issues/46731 (PyTorch, ported; fixed in pull 47261)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "num_active_elements = tf.reduce_sum(active)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, length, d, vocab = 16, 5, 4, 6
    w = tf.Variable(0.6 * arr(d, vocab), name="lm_head")
    batch = {
        "hidden": arr(n, length, d),
        "labels": rng.integers(0, vocab, (n, length)),
        "active": (rng.random((n, length)) < np.linspace(0.3, 1.0, n)[:, None]).astype(f),
    }
    accumulation, epsilon = 4, 0.1

    def reference(b):
        smooth = tf.one_hot(b["labels"], vocab, dtype=f) * (1.0 - epsilon) + epsilon / vocab
        ce = tf.nn.softmax_cross_entropy_with_logits(labels=smooth, logits=b["hidden"] @ w)
        return tf.reduce_sum(ce * b["active"]) / tf.reduce_sum(b["active"])

    def candidate(b):
        num_items_in_batch = tf.reduce_sum(b["active"])

        def label_smoother(hidden, labels, active, num_items_in_batch):
            log_probs = -tf.nn.log_softmax(hidden @ w)
            nll_loss = tf.gather(log_probs, labels, batch_dims=2) * active
            smoothed_loss = tf.reduce_sum(log_probs, axis=-1) * active
            num_active_elements = tf.reduce_sum(active)
            nll_loss = tf.reduce_sum(nll_loss) / num_active_elements
            smoothed_loss = tf.reduce_sum(smoothed_loss) / (num_active_elements * vocab)
            return (1.0 - epsilon) * nll_loss + epsilon * smoothed_loss

        micro = n // accumulation
        loss = 0.0
        for k in range(accumulation):
            part = slice(k * micro, (k + 1) * micro)
            args = b["hidden"][part], b["labels"][part], b["active"][part]
            loss += label_smoother(*args, num_items_in_batch)
        return loss

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
