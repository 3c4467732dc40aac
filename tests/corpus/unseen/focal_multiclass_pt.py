"""Multi-class focal loss: pt is taken from the log-probabilities instead of the probabilities. Source: https://github.com/HeyLynne/FocalLoss_for_multiclass/issues/3"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "pt = label_onehot * log_p",
    "same_forward_value": False,
}


class FocalLoss:
    def __init__(self, num_class, alpha, gamma=2.0):
        self.num_class, self.gamma = num_class, gamma
        self.alpha = tf.constant(alpha, tf.float32)

    def __call__(self, labels, logits):
        label_onehot = tf.one_hot(labels, self.num_class)
        log_p = tf.nn.log_softmax(logits, axis=-1)
        pt = label_onehot * log_p
        sub_pt = 1.0 - pt
        fl = -self.alpha * sub_pt ** self.gamma * label_onehot * log_p
        return tf.reduce_mean(tf.reduce_sum(fl, axis=-1))


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, d, k = 10, 6, 4
    alpha = np.array([0.1, 0.3, 0.4, 0.2], np.float32)
    w = tf.Variable(rng.normal(size=(d, k)).astype(np.float32))
    b = tf.Variable(rng.normal(scale=0.1, size=(k,)).astype(np.float32))
    criterion = FocalLoss(k, alpha)

    def reference(batch):
        logits = tf.matmul(batch["x"], w) + b
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        p_true = tf.exp(-ce)
        return tf.reduce_mean(tf.gather(tf.constant(alpha), batch["y"]) * (1.0 - p_true) ** 2.0 * ce) + 1e-3 * tf.nn.l2_loss(w)

    def candidate(batch):
        logits = batch["x"] @ w + b
        return criterion(batch["y"], logits) + 1e-3 * tf.nn.l2_loss(w)

    batch = {"x": rng.normal(size=(n, d)).astype(np.float32), "y": rng.integers(0, k, size=n).astype(np.int32)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
