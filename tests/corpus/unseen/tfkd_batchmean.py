"""Teacher-free distillation uses KLDivLoss with its default mean over batch and classes, where batchmean is meant.
Source: https://github.com/yuanli2333/Teacher-free-Knowledge-Distillation/issues/41"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "d_kl = tf.reduce_mean(pointwise) * (T * T)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, d, k, alpha, T = 5, 6, 7, 0.9, 4.0
    w1 = tf.Variable(rng.normal(size=(d, 8)).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(size=(8, k)).astype(fx), name="w2")

    def student(x):
        return tf.nn.relu(x @ w1) @ w2

    def reference(batch):
        z = student(batch["x"])
        hard = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], z)
        q = tf.nn.softmax(batch["teacher"] / T)
        soft_ce = tf.nn.softmax_cross_entropy_with_logits(q, z / T)
        entropy = -tf.reduce_sum(q * tf.math.log(q), axis=-1)
        return tf.reduce_mean((1 - alpha) * hard + alpha * T ** 2 * (soft_ce - entropy))

    def candidate(batch):
        outputs = student(batch["x"])
        loss_ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], outputs))
        log_p = tf.nn.log_softmax(outputs / T, axis=1)
        target = tf.nn.softmax(batch["teacher"] / T, axis=1)
        pointwise = target * (tf.math.log(target) - log_p)
        d_kl = tf.reduce_mean(pointwise) * (T * T)
        return (1.0 - alpha) * loss_ce + alpha * d_kl

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "y": rng.integers(0, k, size=n).astype("int32"),
                      "teacher": (3 * rng.normal(size=(n, k))).astype(fx)},
            "variables": [w1, w2]}
