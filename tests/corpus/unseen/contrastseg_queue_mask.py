"""ContrastiveSeg memory loss: contrast features come from the queue, yet a diagonal 'self' mask still drops
pairs from the positives. Source: https://github.com/tfzhou/ContrastiveSeg/issues/55"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "mask = mask * logits_mask",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    A, Q, D, E = 5, 8, 4, 3
    W = tf.Variable(rng.normal(0, 0.8, (D, E)).astype(fx), name="W")
    b = tf.Variable(rng.normal(0, 0.2, (E,)).astype(fx), name="b")
    queue = rng.normal(size=(Q, E))
    queue /= np.linalg.norm(queue, axis=1, keepdims=True)

    def anchors(batch):
        return tf.math.l2_normalize(tf.matmul(batch["pixels"], W) + b, axis=1)

    def reference(batch):
        temp = 0.5
        sim = tf.matmul(anchors(batch), batch["queue"], transpose_b=True) / temp
        per_anchor = []
        for i in range(A):
            pos = tf.equal(batch["queue_label"], batch["label"][i])
            neg_sum = tf.reduce_sum(tf.exp(tf.boolean_mask(sim[i], tf.logical_not(pos))))
            sp = tf.boolean_mask(sim[i], pos)
            per_anchor.append(-tf.reduce_mean(sp - tf.math.log(tf.exp(sp) + neg_sum)))
        return tf.reduce_mean(tf.stack(per_anchor))

    def candidate(batch):
        temp = 0.5
        mask = tf.cast(tf.equal(batch["label"][:, None], batch["queue_label"][None]), fx)
        dots = tf.matmul(anchors(batch), batch["queue"], transpose_b=True) / temp
        logits = dots - tf.stop_gradient(tf.reduce_max(dots, axis=1, keepdims=True))
        neg_mask = 1.0 - mask
        logits_mask = 1.0 - tf.eye(A, Q, dtype=fx)
        mask = mask * logits_mask
        neg_logits = tf.reduce_sum(tf.exp(logits) * neg_mask, axis=1, keepdims=True)
        log_prob = logits - tf.math.log(tf.exp(logits) + neg_logits)
        mean_log_prob_pos = tf.reduce_sum(mask * log_prob, axis=1) / tf.reduce_sum(mask, axis=1)
        return -tf.reduce_mean(mean_log_prob_pos)

    return {"reference": reference, "candidate": candidate,
            "batch": {"pixels": rng.normal(size=(A, D)).astype(fx), "label": np.array([0, 1, 0, 1, 0], "int32"),
                      "queue": queue.astype(fx), "queue_label": np.array([0, 1, 0, 0, 0, 1, 1, 0], "int32")},
            "variables": [W, b]}
