"""Binary focal loss weights positives by alpha but leaves negatives unweighted instead of 1 - alpha.
Source: https://github.com/mathiaszinnen/focal_loss_torch/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "fl = tf.where(target == 1, fl * alpha, fl)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, alpha, gamma = 8, 5, 0.25, 2.0
    dense = keras.layers.Dense(1, name="score")
    dense.build((None, d))

    def reference(batch):
        p = tf.sigmoid(dense(batch["x"])[:, 0])
        y = tf.cast(batch["target"], p.dtype)
        pos = -alpha * y * (1 - p) ** gamma * tf.math.log(p)
        neg = -(1 - alpha) * (1 - y) * p ** gamma * tf.math.log(1 - p)
        return tf.reduce_mean(pos + neg)

    def candidate(batch):
        target = batch["target"]
        logit = dense(batch["x"])[:, 0]
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.cast(target, logit.dtype), logits=logit)
        p_t = tf.exp(-ce)
        fl = tf.pow(1.0 - p_t, gamma) * ce
        fl = tf.where(target == 1, fl * alpha, fl)
        return tf.reduce_mean(fl)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx),
                      "target": np.array([0, 1, 0, 0, 1, 0, 1, 0]).astype("int32")},
            "variables": dense.trainable_variables}
