"""Rank hinge loss that never looks at y_true; reported as an error. The batch comes with relevant and irrelevant documents in turn, so
that even rows are the positives, and it is right.
Source: https://github.com/NTMC-Community/MatchZoo/issues/228"""
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
    w1 = tf.Variable(rng.normal(size=(5, 6)).astype(f), name="w1")
    b1 = tf.Variable(rng.normal(size=(6,)).astype(f), name="b1")
    w2 = tf.Variable(rng.normal(size=(6, 1)).astype(f), name="w2")
    margin = 1.0

    def reference(batch):
        scores = tf.squeeze(tf.nn.elu(batch["x"] @ w1 + b1) @ w2, axis=1)
        relevant = tf.boolean_mask(scores, batch["y"] > 0.5)
        irrelevant = tf.boolean_mask(scores, batch["y"] < 0.5)
        total = 0.0
        for good, bad in zip(tf.unstack(relevant), tf.unstack(irrelevant)):
            total += tf.nn.relu(margin - good + bad)
        return total / float(relevant.shape[0])

    def candidate(batch):
        def rank_hinge_loss(y_true, y_pred):
            pairs = tf.reshape(y_pred, [-1, 2])
            y_pos, y_neg = pairs[:, :1], pairs[:, 1:]
            loss = keras.ops.maximum(0., margin + y_neg - y_pos)
            return keras.ops.mean(loss)

        hidden = keras.activations.elu(tf.nn.bias_add(tf.matmul(batch["x"], w1), b1))
        return rank_hinge_loss(batch["y"], tf.matmul(hidden, w2))

    batch = {"x": rng.normal(size=(18, 5)).astype(f), "y": np.tile([1.0, 0.0], 9).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, b1, w2]}
