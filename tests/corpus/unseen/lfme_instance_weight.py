"""LFME self-paced instance selection: the paper weights the per-sample cross-entropy with v_i, the code multiplies
the logits with v_i before the cross-entropy. Source: https://github.com/xiangly55/LFME/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss_ce = tf.reduce_mean(cross_entropy(logits * select[:, None]))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, d, c, temp = 7, 6, 5, 2.0
    f = keras.config.floatx()
    w = tf.Variable(rng.standard_normal((d, c)).astype(f), name="w")
    b = tf.Variable(rng.standard_normal(c).astype(f), name="b")

    def reference(batch):
        logits = batch["x"] @ w + b
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits)
        performance = tf.reduce_mean(ce * batch["v"])
        soft_t = tf.nn.softmax(batch["expert"] / temp)
        log_s = tf.nn.log_softmax(logits / temp)
        kd = tf.reduce_sum(soft_t * (tf.math.log(soft_t) - log_s)) / n
        return performance + temp ** 2 * 0.3 * kd

    def candidate(batch):
        def distill(student, teacher):
            p = tf.nn.softmax(teacher / temp, axis=-1)
            log_p = tf.nn.log_softmax(teacher / temp, axis=-1)
            log_q = tf.nn.log_softmax(student / temp, axis=-1)
            return tf.reduce_mean(tf.reduce_sum(p * (log_p - log_q), axis=-1))

        def cross_entropy(outputs):
            return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=outputs)

        select = batch["v"]
        logits = tf.nn.bias_add(tf.matmul(batch["x"], w), b)
        loss_kd = temp * temp * distill(logits, batch["expert"])
        loss_ce = tf.reduce_mean(cross_entropy(logits * select[:, None]))
        return loss_ce + 0.3 * loss_kd

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(f),
                      "y": rng.integers(0, c, n).astype("int32"),
                      "v": rng.uniform(0.1, 1.0, n).astype(f),
                      "expert": rng.standard_normal((n, c)).astype(f)},
            "variables": [w, b]}
