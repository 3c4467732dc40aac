"""Softmax ranking loss that never looks at the mask: reported as a fault, but the step before has already put zeros into the
labels and a very small score into the logits of the padded items.
Source: https://github.com/tensorflow/ranking/issues/278"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, items, d = 15, 6, 4
    docs = rng.normal(size=(n, items, d)).astype(f)
    sizes = rng.integers(2, items + 1, size=(n,))
    valid = np.arange(items)[None] < sizes[:, None]
    labels = rng.integers(0, 3, size=(n, items)).astype(f)
    labels[:, 0] = 1.0
    labels[~valid] = -1.0
    scorer = tf.Variable(rng.normal(size=(d, 1)).astype(f), name="scorer")
    shift = tf.Variable(rng.normal(size=(items,)).astype(f) * 0.1, name="shift")

    def reference(batch):
        total = tf.constant(0.0, f)
        for i in range(n):
            k = int(tf.reduce_sum(tf.cast(batch["labels"][i] >= 0.0, tf.int32)))
            s = (batch["docs"][i, :k] @ scorer)[:, 0] + shift[:k]
            y = batch["labels"][i, :k]
            total += tf.reduce_sum(y * (tf.reduce_logsumexp(s) - s))
        return total / n

    def candidate(batch):
        class SoftmaxLoss:
            def precompute(self, labels, logits):
                is_valid = labels >= 0.0
                labels = tf.where(is_valid, labels, tf.zeros_like(labels))
                logits = tf.where(is_valid, logits, tf.math.log(tf.cast(1e-12, f)) * tf.ones_like(logits))
                return labels, logits

            def compute_unreduced(self, labels, logits, mask):
                label_sum = tf.reduce_sum(labels, axis=1, keepdims=True)
                nonzero = label_sum > 0.0
                padded_labels = tf.where(nonzero, labels, 1e-10 * tf.ones_like(labels))
                padded_label_sum = tf.reduce_sum(padded_labels, axis=1, keepdims=True)
                probs = padded_labels / padded_label_sum
                losses = tf.nn.softmax_cross_entropy_with_logits(labels=probs, logits=logits)
                return losses, label_sum[:, 0]

            def compute(self, labels, logits):
                labels, logits = self.precompute(labels, logits)
                losses, weights = self.compute_unreduced(labels, logits, mask=None)
                return tf.reduce_mean(losses * weights)

        logits = tf.squeeze(tf.tensordot(batch["docs"], scorer, 1), -1) + shift
        return SoftmaxLoss().compute(batch["labels"], logits)

    return {"reference": reference, "candidate": candidate, "batch": {"docs": docs, "labels": labels}, "variables": [scorer, shift]}
