"""With gamma below 1 the focal loss becomes NaN once a prediction is saturated. Source: https://github.com/liuyuisanai/Focal-Loss/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'numerics',
    "line_marker": 'modulator = tf.pow(1.0 - p_t, gamma)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d = 6, 3
    w = var("w", d, 1)
    gamma, alpha = 0.5, 0.5

    def reference(batch):
        z = tf.squeeze(batch["x"] @ w, 1) + batch["prior_logit"]
        s = tf.where(batch["y"] > 0.5, z, -z)
        log_p, log_q = tf.math.log_sigmoid(s), tf.math.log_sigmoid(-s)
        return -alpha * tf.reduce_mean(tf.exp(gamma * log_q) * log_p)

    def candidate(batch):
        labels = batch["y"]
        logits = tf.reshape(tf.matmul(batch["x"], w), [-1]) + batch["prior_logit"]
        p = tf.sigmoid(logits)
        p_t = labels * p + (1.0 - labels) * (1.0 - p)
        modulator = tf.pow(1.0 - p_t, gamma)
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
        return tf.reduce_mean(alpha * modulator * ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(fx), "y": np.array([1, 0, 1, 1, 0, 1]).astype(fx),
                      "prior_logit": np.array([0, 0, 60, 0, 0, 0]).astype(fx)},
            "variables": [w]}
