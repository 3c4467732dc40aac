"""Asks whether positives should leave the denominator of SupCon; keeping them follows equation 2, the code is right.
Source: https://github.com/HobbitLong/SupContrast/issues/64"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, f, d, temperature = 4, 6, 4, 0.3
    w1 = tf.Variable(rng.normal(size=(f, 7)).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(size=(7, d)).astype(fx), name="w2")

    def project(x):
        return tf.math.l2_normalize(tf.matmul(tf.nn.relu(tf.matmul(x, w1)), w2), axis=-1)

    def reference(batch):
        z = tf.concat([project(batch["view1"]), project(batch["view2"])], 0)
        y = tf.concat([batch["labels"], batch["labels"]], 0)
        total = 0.0
        for i in range(2 * n):
            others = tf.range(2 * n) != i
            sim = tf.boolean_mask(tf.linalg.matvec(z, z[i]) / temperature, others)
            pos = tf.boolean_mask(sim, tf.boolean_mask(y, others) == y[i])
            total += tf.reduce_logsumexp(sim) - tf.reduce_mean(pos)
        return total / (2 * n)

    def candidate(batch):
        contrast_feature = project(tf.concat([batch["view1"], batch["view2"]], axis=0))
        mask = tf.cast(tf.equal(batch["labels"][:, None], batch["labels"][None, :]), contrast_feature.dtype)
        anchor_dot_contrast = tf.matmul(contrast_feature, contrast_feature, transpose_b=True) / temperature
        logits = anchor_dot_contrast - tf.stop_gradient(tf.reduce_max(anchor_dot_contrast, axis=1, keepdims=True))
        mask = tf.tile(mask, [2, 2])
        logits_mask = tf.ones_like(mask) - tf.eye(2 * n, dtype=mask.dtype)
        mask = mask * logits_mask
        exp_logits = tf.exp(logits) * logits_mask
        log_prob = logits - tf.math.log(tf.reduce_sum(exp_logits, axis=1, keepdims=True))
        mean_log_prob_pos = tf.reduce_sum(mask * log_prob, axis=1) / tf.reduce_sum(mask, axis=1)
        return tf.reduce_mean(tf.reshape(-mean_log_prob_pos, [2, n]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"view1": rng.normal(size=(n, f)).astype(fx), "view2": rng.normal(size=(n, f)).astype(fx),
                      "labels": np.array([1, 0, 1, 2], "int32")},
            "variables": [w1, w2]}
