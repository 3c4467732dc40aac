"""Token-level loss: every sample counts for at least one token in the divisor, also those that are masked completely.

Source (real): https://github.com/radixark/miles/pull/2796 (PyTorch/Megatron, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "num_tokens = tf.reduce_sum(tf.maximum(tf.reduce_sum(loss_mask, axis=1), 1.0))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, length, d, vocab = 18, 4, 5, 6
    w = tf.Variable(0.6 * arr(d, vocab), name="lm_head")
    mask = (rng.random((n, length)) < 0.7).astype(f)
    mask[::3] = 0
    batch = {"hidden": arr(n, length, d), "tokens": rng.integers(0, vocab, (n, length)), "mask": mask}

    def reference(b):
        keep = b["mask"] > 0
        rows = tf.boolean_mask(b["hidden"], keep)
        labels = tf.boolean_mask(b["tokens"], keep)
        return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, rows @ w, from_logits=True))

    def candidate(b):
        loss_mask = b["mask"]
        log_probs = tf.nn.log_softmax(b["hidden"] @ w)
        per_token = -tf.gather(log_probs, b["tokens"], batch_dims=2)
        sum_of_tokens = tf.reduce_sum(per_token * loss_mask)
        num_tokens = tf.reduce_sum(tf.maximum(tf.reduce_sum(loss_mask, axis=1), 1.0))
        return sum_of_tokens / num_tokens

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
