"""CHORD: the token weight phi = p (1 - p) of the SFT term is differentiated, although it should be a coefficient.

Source (real): https://github.com/modelscope/ms-swift/pull/6952 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "phi = prob * (1.0 - prob)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, length, d, vocab = 14, 5, 4, 6
    w = tf.Variable(0.8 * arr(d, vocab), name="policy_head")
    batch = {
        "hidden": arr(n, length, d),
        "labels": rng.integers(0, vocab, (n, length)),
        "mask": (rng.random((n, length)) < 0.8).astype(f),
    }

    def reference(b):
        total = 0.0
        for t in range(length):
            logits = b["hidden"][:, t] @ w
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["labels"][:, t], logits=logits)
            p = tf.stop_gradient(tf.exp(-ce))
            total += tf.reduce_sum(b["mask"][:, t] * (p - p**2) * ce)
        return total / tf.reduce_sum(b["mask"])

    def candidate(b):
        per_token_logps = tf.gather(tf.nn.log_softmax(b["hidden"] @ w), b["labels"], batch_dims=2)
        prob = tf.exp(per_token_logps)
        phi = prob * (1.0 - prob)
        chord_sft_loss = -phi * per_token_logps
        return tf.reduce_sum(chord_sft_loss * b["mask"]) / tf.reduce_sum(b["mask"])

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
