"""CORN ordinal loss divides by the number of tasks, not by the number of examples in the conditional sets.
Source: https://github.com/Raschka-research-group/coral-pytorch/pull/22"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return losses / tf.cast(num_classes - 1, losses.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, num_classes = 8, 5, 4
    w = tf.Variable((0.5 * rng.normal(size=(d, num_classes - 1))).astype(fx), name="rank_w")
    b = tf.Variable((0.2 * rng.normal(size=(num_classes - 1,))).astype(fx), name="rank_b")
    y = np.concatenate([np.arange(4), rng.integers(0, num_classes, n - 4)]).astype("int32")

    def reference(batch):
        logits = batch["x"] @ w + b
        ranks = tf.range(num_classes - 1)[None, :]
        labels = batch["y"][:, None]
        in_set = tf.cast(labels > ranks - 1, logits.dtype)
        above = tf.cast(labels > ranks, logits.dtype)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=above, logits=logits)
        return tf.reduce_sum(in_set * bce) / tf.reduce_sum(in_set)

    def candidate(batch):
        def corn_loss(logits, y_train):
            sets = []
            for i in range(num_classes - 1):
                label_mask = y_train > i - 1
                label_tensor = tf.cast(tf.boolean_mask(y_train, label_mask) > i, logits.dtype)
                sets.append((label_mask, label_tensor))
            losses = tf.zeros((), logits.dtype)
            for task_index, (train_mask, train_labels) in enumerate(sets):
                if train_labels.shape[0] < 1:
                    continue
                pred = tf.boolean_mask(logits[:, task_index], train_mask)
                log_sig = tf.math.log_sigmoid(pred)
                term = log_sig * train_labels + (log_sig - pred) * (1.0 - train_labels)
                losses += -tf.reduce_sum(term)
            return losses / tf.cast(num_classes - 1, losses.dtype)

        return corn_loss(tf.matmul(batch["x"], w) + b, batch["y"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "y": y},
            "variables": [w, b]}
