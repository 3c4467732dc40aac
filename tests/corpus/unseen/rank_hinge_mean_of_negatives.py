"""Rank hinge loss with several negatives: the scores of the negatives are averaged first, and the hinge is taken of the mean.

Source (real): https://github.com/NTMC-Community/MatchZoo-py/issues/159 (PyTorch, ported; fixed in pull 160).
Right answer: NOT equivalent; the hinge of a mean is not the mean of the hinges.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "y_neg = tf.reduce_mean(tf.concat(y_neg, axis=-1), axis=-1, keepdims=True)",
    "same_forward_value": False,
}

_NUM_NEG, _MARGIN = 4, 1.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    groups, d, hid = 8, 5, 6
    n = groups * (_NUM_NEG + 1)

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(2 * d, hid), name="match_w1")
    w2 = tf.Variable(1.2 * arr(hid, 1), name="match_w2")
    batch = {"left": arr(n, d), "right": arr(n, d)}

    def matching_model(left, right):
        return tf.tanh(tf.concat([left * right, left - right], axis=-1) @ w1) @ w2

    def reference(b):
        score = tf.reshape(matching_model(b["left"], b["right"]), [groups, _NUM_NEG + 1])
        hinges = []
        for g in range(groups):
            positive = score[g, 0]
            for j in range(1, _NUM_NEG + 1):
                hinges.append(tf.nn.relu(_MARGIN - (positive - score[g, j])))
        return tf.reduce_mean(tf.stack(hinges))

    def candidate(b):
        class RankHingeLoss:
            def __init__(self, num_neg, margin):
                self.num_neg, self.margin = num_neg, margin

            def forward(self, y_pred):
                y_pos = y_pred[:: self.num_neg + 1, :]
                y_neg = []
                for neg_idx in range(self.num_neg):
                    y_neg.append(y_pred[neg_idx + 1 :: self.num_neg + 1, :])
                y_neg = tf.reduce_mean(tf.concat(y_neg, axis=-1), axis=-1, keepdims=True)
                return tf.reduce_mean(tf.maximum(0.0, self.margin - (y_pos - y_neg)))

        return RankHingeLoss(_NUM_NEG, _MARGIN).forward(matching_model(b["left"], b["right"]))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
