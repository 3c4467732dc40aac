"""Gradient accumulation: the last cycle of an epoch holds fewer micro batches but is still divided by the full count.

Source (real): https://github.com/huggingface/transformers/pull/38872 (PyTorch, ported).
Right answer: NOT equivalent; three micro batches are divided by four.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = loss / gradient_accumulation_steps",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, classes = 18, 5, 4
    gradient_accumulation_steps, per_device_train_batch_size = 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    kernel = tf.Variable(0.6 * arr(d, classes), name="score_kernel")
    bias = tf.Variable(0.1 * arr(classes), name="score_bias")
    batch = {"inputs": arr(n, d), "labels": rng.integers(0, classes, n)}

    def reference(b):
        scores = b["inputs"] @ kernel + bias
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["labels"], logits=scores))

    def candidate(b):
        def compute_loss(inputs, labels):
            logits = tf.matmul(inputs, kernel) + bias
            return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True))

        def training_step(inputs, labels):
            loss = compute_loss(inputs, labels)
            loss = loss / gradient_accumulation_steps
            return loss

        tr_loss = 0.0
        for start in range(0, b["inputs"].shape[0], per_device_train_batch_size):
            part = slice(start, start + per_device_train_batch_size)
            tr_loss += training_step(b["inputs"][part], b["labels"][part])
        return tr_loss

    return {"variables": [kernel, bias], "batch": batch, "reference": reference, "candidate": candidate}
