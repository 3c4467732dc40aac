"""Supervised contrastive loss with features (batch, views, dim): the features are normalised along dim=1, the views, and not along the
feature dimension.
Source: https://github.com/HobbitLong/SupContrast/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "features = tf.math.l2_normalize(features, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w = tf.Variable(rng.normal(size=(6, 5)).astype(f), name="w")
    temperature = 0.7

    def reference(batch):
        n, views = batch["x"].shape[0], batch["x"].shape[1]
        z = tf.concat([batch["x"][:, k] @ w for k in range(views)], axis=0)
        z = z / tf.sqrt(tf.reduce_sum(z * z, axis=1, keepdims=True))
        labels = np.tile(batch["labels"].numpy(), views)
        total = 0.0
        for i in range(n * views):
            rest = [j for j in range(n * views) if j != i]
            logits = tf.linalg.matvec(tf.gather(z, rest), z[i]) / temperature
            positives = [k for k, j in enumerate(rest) if labels[j] == labels[i]]
            total -= tf.reduce_mean(tf.gather(tf.nn.log_softmax(logits), positives))
        return total / float(n * views)

    def candidate(batch):
        features = tf.tensordot(batch["x"], w, axes=1)
        features = tf.math.l2_normalize(features, axis=1)

        class SupConLoss:
            def __call__(self, features, labels):
                views = features.shape[1]
                mask = tf.cast(tf.equal(labels[:, None], labels[None, :]), f)
                contrast = tf.concat(tf.unstack(features, axis=1), axis=0)
                dots = tf.matmul(contrast, contrast, transpose_b=True) / temperature
                logits = dots - tf.stop_gradient(tf.reduce_max(dots, axis=1, keepdims=True))
                mask = tf.tile(mask, [views, views])
                logits_mask = 1.0 - tf.eye(contrast.shape[0], dtype=f)
                mask = mask * logits_mask
                exp_logits = tf.exp(logits) * logits_mask
                log_prob = logits - tf.math.log(tf.reduce_sum(exp_logits, axis=1, keepdims=True))
                mean_log_prob_pos = tf.reduce_sum(mask * log_prob, 1) / tf.reduce_sum(mask, 1)
                return tf.reduce_mean(-mean_log_prob_pos)

        return SupConLoss()(features, batch["labels"])

    batch = {"x": rng.normal(size=(12, 2, 6)).astype(f), "labels": rng.integers(0, 4, 12).astype("int32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w]}
