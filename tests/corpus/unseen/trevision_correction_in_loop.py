"""Reweighted loss with a revised transition matrix: the correction is added inside the loop over samples, again and again.

Source (real): https://github.com/xiaoboxia/T-Revision/pull/3 (PyTorch, ported; the number of additions equals the batch size).
Right answer: NOT equivalent. Sample i sees T + (i + 1) * correction, so the revision depends on the place in the batch.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "T = T + correction",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, classes = 15, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.5 * arr(d, classes), name="w")
    revision = tf.Variable((0.02 * rng.random((classes, classes))).astype(f), name="revision")
    transition = (0.7 * np.eye(classes) + 0.1 * np.ones((classes, classes))).astype(f)
    batch = {"x": arr(n, d), "target": rng.integers(0, classes, n)}

    def reference(b):
        # batched version (reweighting_revision_loss_v2)
        logits = b["x"] @ w
        matrix = transition + revision
        clean = tf.nn.softmax(logits, axis=1)
        noisy = clean @ matrix
        onehot = tf.one_hot(b["target"], classes, dtype=logits.dtype)
        beta = tf.reduce_sum(clean * onehot, 1) / tf.reduce_sum(noisy * onehot, 1)
        ce = -tf.reduce_sum(onehot * tf.nn.log_softmax(logits, axis=1), 1)
        return tf.reduce_mean(beta * ce)

    def candidate(b):
        def reweighting_revision_loss(out, T, correction, target):
            loss = 0.0
            out_softmax = tf.nn.softmax(out, axis=1)
            for i in range(len(target)):
                temp_softmax = out_softmax[i : i + 1]
                temp = out[i : i + 1]
                temp_label = target[i : i + 1]
                pro1 = temp_softmax[:, temp_label[0]]
                T = T + correction
                T_result = T
                out_T = tf.matmul(T_result, temp_softmax, transpose_a=True, transpose_b=True)
                pro2 = tf.transpose(out_T)[:, temp_label[0]]
                beta = pro1 / pro2
                cross_loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=temp_label, logits=temp)
                loss += tf.reduce_sum(beta * cross_loss)
            return loss / len(target)

        return reweighting_revision_loss(b["x"] @ w, tf.constant(transition), revision, b["target"])

    return {"variables": [w, revision], "batch": batch, "reference": reference, "candidate": candidate}
