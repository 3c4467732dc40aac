"""Supervised contrastive loss: the mask that removes an anchor from itself is applied to the exponentials, not to the logits.

Source (real): https://github.com/HobbitLong/SupContrast/issues/131 (SupConLoss, PyTorch, ported; "potentially incomplete usage of 'logits_mask'").
Right answer: EQUIVALENT to equation 2 of the paper: the mask of the positives has already lost the diagonal, so only the denominator needs it; the subtracted
maximum cancels.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_TEMPERATURE, _BASE = 0.5, 0.7


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, views, d, dim = 12, 2, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, 5), name="encoder_w")
    w2 = tf.Variable(0.6 * arr(5, dim), name="projector_w")
    batch = {"x": arr(n, views, d), "label": rng.integers(0, 4, n)}

    def embed(x):
        return tf.math.l2_normalize(tf.nn.elu(x @ w1) @ w2, axis=-1)

    def reference(b):
        z, y = [], []
        for v in range(views):
            z += tf.unstack(embed(b["x"][:, v]))
            y += tf.unstack(b["label"])
        z, y = tf.stack(z), tf.stack(y)
        total = 0.0
        for i in range(len(z)):
            others = [a for a in range(len(z)) if a != i]
            sim = tf.linalg.matvec(tf.gather(z, others), z[i]) / _TEMPERATURE
            positive = tf.gather(y, others) == y[i]
            total -= tf.reduce_mean(tf.boolean_mask(sim, positive) - tf.reduce_logsumexp(sim))
        return _TEMPERATURE / _BASE * total / len(z)

    def candidate(b):
        class SupConLoss(keras.layers.Layer):
            def call(self, features, labels):
                batch_size = features.shape[0]
                mask = tf.cast(labels[:, None] == labels[None, :], features.dtype)
                contrast_count = features.shape[1]
                contrast_feature = tf.concat(tf.unstack(features, axis=1), axis=0)
                anchor_feature, anchor_count = contrast_feature, contrast_count
                anchor_dot_contrast = tf.matmul(anchor_feature, contrast_feature, transpose_b=True) / _TEMPERATURE
                logits_max = tf.reduce_max(anchor_dot_contrast, axis=1, keepdims=True)
                logits = anchor_dot_contrast - tf.stop_gradient(logits_max)
                mask = tf.tile(mask, [anchor_count, contrast_count])
                logits_mask = 1.0 - tf.eye(batch_size * anchor_count, dtype=features.dtype)
                mask = mask * logits_mask
                exp_logits = tf.exp(logits) * logits_mask
                log_prob = logits - tf.math.log(tf.reduce_sum(exp_logits, axis=1, keepdims=True))
                mean_log_prob_pos = tf.reduce_sum(mask * log_prob, axis=1) / tf.reduce_sum(mask, axis=1)
                loss = -(_TEMPERATURE / _BASE) * mean_log_prob_pos
                return tf.reduce_mean(tf.reshape(loss, [anchor_count, batch_size]))

        return SupConLoss()(embed(b["x"]), b["label"])

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
