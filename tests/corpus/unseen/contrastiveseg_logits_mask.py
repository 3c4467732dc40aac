"""Thread: with a memory bank as contrast set the positive mask is [anchors, memory], yet a logits_mask zeroes entry (i, i), which is no
self-contrast there. Source: https://github.com/tfzhou/ContrastiveSeg/issues/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "mask = mask * logits_mask",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    a, f, d, classes, cache, temp = 6, 5, 4, 3, 3, 0.5
    w = tf.Variable(rng.normal(size=(f, d)).astype(fx), name="proj_w")
    queue = rng.normal(size=(classes * cache, d))
    queue = (queue / np.linalg.norm(queue, axis=1, keepdims=True)).astype(fx)

    def reference(batch):
        z = tf.math.l2_normalize(batch["pix"] @ w, axis=1)
        sim = z @ tf.transpose(batch["queue"]) / temp
        out = 0.0
        for i in range(a):
            same = batch["queue_y"] == batch["y"][i]
            neg = tf.reduce_sum(tf.exp(tf.boolean_mask(sim[i], ~same)))
            pos = tf.boolean_mask(sim[i], same)
            out -= tf.reduce_mean(pos - tf.math.log(tf.exp(pos) + neg))
        return out / a

    def candidate(batch):
        anchor_feature = tf.math.l2_normalize(tf.matmul(batch["pix"], w), axis=-1)
        contrast_feature = batch["queue"]
        mask = tf.cast(batch["y"][:, None] == batch["queue_y"][None, :], anchor_feature.dtype)

        anchor_dot_contrast = tf.matmul(anchor_feature, contrast_feature, transpose_b=True) / temp
        logits_max = tf.reduce_max(anchor_dot_contrast, axis=1, keepdims=True)
        logits = anchor_dot_contrast - tf.stop_gradient(logits_max)

        neg_mask = 1 - mask
        logits_mask = 1 - tf.eye(a, classes * cache, dtype=mask.dtype)
        mask = mask * logits_mask

        neg_logits = tf.reduce_sum(tf.exp(logits) * neg_mask, axis=1, keepdims=True)
        log_prob = logits - tf.math.log(tf.exp(logits) + neg_logits)
        mean_log_prob_pos = tf.reduce_sum(mask * log_prob, axis=1) / tf.reduce_sum(mask, axis=1)
        return -tf.reduce_mean(mean_log_prob_pos)

    return {"reference": reference, "candidate": candidate,
            "batch": {"pix": rng.normal(size=(a, f)).astype(fx), "y": np.array([0, 0, 1, 1, 2, 2]),
                      "queue": queue, "queue_y": np.repeat(np.arange(classes), cache)},
            "variables": [w]}
