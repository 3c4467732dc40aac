"""Linear probe with dice + CE: the cross-entropy gets the targets in which ignored pixels were already set to class 0.
Source: https://github.com/allenai/olmoearth_pretrain/pull/560"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "ce_loss = masked_ce(logits, targets_masked)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, p, d, k, ignore = 3, 8, 5, 3, -1
    w = tf.Variable(rng.normal(size=(d, k)).astype(fx), name="probe")
    target = rng.integers(0, k, size=(n, p))
    target[rng.random(size=target.shape) < 0.35] = ignore
    target[0, :3] = [0, 1, 2]

    def reference(batch):
        flat = tf.reshape(batch["target"], [-1])
        idx = tf.where(flat >= 0)[:, 0]
        y = tf.gather(flat, idx)
        logit = tf.gather(tf.reshape(batch["emb"], (-1, d)), idx) @ w
        prob, onehot = tf.nn.softmax(logit), tf.one_hot(y, k, dtype=logit.dtype)
        inter = tf.reduce_sum(prob * onehot, 0)
        dice = (2 * inter + 1.0) / (tf.reduce_sum(prob, 0) + tf.reduce_sum(onehot, 0) + 1.0)
        counts = tf.reduce_sum(onehot, 0)
        cw = tf.where(counts > 0, 1.0 / tf.maximum(counts, 1.0), tf.ones_like(counts))
        cw /= tf.reduce_sum(cw) + 1e-8
        ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logit))
        return 1.0 - tf.reduce_sum(cw * dice) + ce

    def candidate(batch):
        targets = batch["target"]
        logits = tf.tensordot(batch["emb"], w, axes=1)

        def masked_ce(scores, y):
            valid = tf.cast(y != ignore, scores.dtype)
            safe = tf.maximum(y, 0)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=safe, logits=scores)
            return tf.reduce_sum(ce * valid) / tf.reduce_sum(valid)

        mask = targets != ignore
        keep = tf.cast(mask, logits.dtype)[..., None]
        targets_masked = tf.where(mask, targets, tf.zeros_like(targets))
        probs = tf.nn.softmax(logits, axis=-1) * keep
        one_hot = tf.one_hot(targets_masked, k, dtype=logits.dtype) * keep
        intersection = tf.reduce_sum(probs * one_hot, axis=(0, 1))
        cardinality = tf.reduce_sum(probs + one_hot, axis=(0, 1))
        dice_per_class = (2.0 * intersection + 1.0) / (cardinality + 1.0)
        class_counts = tf.reduce_sum(one_hot, axis=(0, 1))
        weights = tf.where(class_counts > 0, 1.0 / tf.maximum(class_counts, 1.0), tf.ones_like(class_counts))
        weights = weights / (tf.reduce_sum(weights) + 1e-8)
        dice_loss = 1.0 - tf.reduce_sum(weights * dice_per_class)
        ce_loss = masked_ce(logits, targets_masked)
        return dice_loss + ce_loss

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"emb": rng.normal(size=(n, p, d)).astype(fx), "target": target.astype("int32")},
        "variables": [w],
    }
