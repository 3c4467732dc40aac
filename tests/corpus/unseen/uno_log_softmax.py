"""UNO: the multi-view cross-entropy takes log_softmax over axis 1 of (views, batch, classes), which is the batch.

Source (real): https://github.com/DonkeyShot21/UNO/issues/4 (PyTorch, ported; the author confirmed and changed dim).
Right answer: NOT equivalent. The predictions compete between the samples of the batch instead of between the classes.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "preds = tf.nn.log_softmax(preds / temperature, axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, n_lab, n_unlab, views = 18, 7, 3, 4, 2
    temperature = 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    head_lab = tf.Variable(0.5 * arr(d, n_lab), name="head_lab")
    head_unlab = tf.Variable(0.5 * arr(d, n_unlab), name="head_unlab")
    soft = np.exp(arr(n, views, n_lab + n_unlab))
    batch = {
        "feats": arr(n, views, d),
        "targets": (soft / soft.sum(-1, keepdims=True)).astype(f),
    }

    def reference(b):
        # swapped prediction written out: the target of one view supervises the other view
        loss = 0.0
        for v in range(views):
            feats = b["feats"][:, v]
            logits = tf.concat([feats @ head_lab, feats @ head_unlab], axis=-1)
            per_sample = tf.nn.softmax_cross_entropy_with_logits(
                labels=b["targets"][:, 1 - v], logits=logits / temperature
            )
            loss += tf.reduce_mean(per_sample)
        return loss / views

    def candidate(b):
        def cross_entropy_loss(preds, targets):
            preds = tf.nn.log_softmax(preds / temperature, axis=1)
            return tf.reduce_mean(-tf.reduce_sum(targets * preds, axis=-1))

        feats = tf.transpose(b["feats"], [1, 0, 2])
        targets = tf.transpose(b["targets"], [1, 0, 2])
        logits = tf.concat(
            [tf.einsum("vbd,dk->vbk", feats, head_lab), tf.einsum("vbd,dk->vbk", feats, head_unlab)], axis=-1
        )
        return cross_entropy_loss(logits, targets[::-1])

    return {"variables": [head_lab, head_unlab], "batch": batch, "reference": reference, "candidate": candidate}
