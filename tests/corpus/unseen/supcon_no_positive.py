"""SupContrast: anchors whose class stands once in the batch (and one view only) make the loss nan.
Source: https://github.com/HobbitLong/SupContrast/pull/142"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "mean_log_prob_pos = tf.reduce_sum(mask * log_prob, axis=1) / tf.reduce_sum(mask, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, e, temp = 7, 5, 4, 0.8
    proj = keras.layers.Dense(e, name="proj")
    proj.build((None, d))

    def reference(batch):
        z = tf.math.l2_normalize(proj(batch["x"]), axis=1)
        sim = z @ tf.transpose(z) / temp
        lab = batch["y"].numpy()
        terms = []
        for i in range(n):
            others = [j for j in range(n) if j != i]
            lse = tf.reduce_logsumexp(tf.gather(sim[i], others))
            pos = [j for j in others if lab[j] == lab[i]]
            s = tf.zeros((), f)
            for j in pos:
                s += sim[i, j] - lse
            terms.append(-s / max(len(pos), 1))
        return tf.add_n(terms) / n

    def candidate(batch):
        features = tf.math.l2_normalize(proj(batch["x"]), axis=1)
        labels = tf.reshape(batch["y"], (-1, 1))
        mask = tf.cast(tf.equal(labels, tf.transpose(labels)), features.dtype)
        anchor_dot_contrast = tf.matmul(features, features, transpose_b=True) / temp
        logits_max = tf.reduce_max(anchor_dot_contrast, axis=1, keepdims=True)
        logits = anchor_dot_contrast - tf.stop_gradient(logits_max)
        logits_mask = 1.0 - tf.eye(tf.shape(logits)[0], dtype=logits.dtype)
        mask = mask * logits_mask
        exp_logits = tf.exp(logits) * logits_mask
        log_prob = logits - tf.math.log(tf.reduce_sum(exp_logits, axis=1, keepdims=True))
        mean_log_prob_pos = tf.reduce_sum(mask * log_prob, axis=1) / tf.reduce_sum(mask, axis=1)
        return -tf.reduce_mean(mean_log_prob_pos)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(f),
                      "y": np.array([0, 1, 1, 3, 0, 2, 1], "int32")},
            "variables": proj.trainable_variables}
