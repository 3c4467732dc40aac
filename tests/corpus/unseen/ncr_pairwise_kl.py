"""Suspects a missing log of the student and a needless T**2 in the neighbour KL; both are right, the logits went
through log_softmax before. Source: https://github.com/google-research/scenic/issues/706"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, f, c, temperature = 5, 6, 4, 2.0
    w = tf.Variable(rng.normal(size=(f, c)).astype(fx), name="w")
    b = tf.Variable(rng.normal(size=(c,)).astype(fx), name="b")

    def reference(batch):
        z = tf.matmul(batch["x"], w) + b
        teacher = tf.stop_gradient(tf.nn.softmax(z / temperature))
        total = 0.0
        for i in range(n):
            target = tf.zeros_like(teacher[i])
            for j in range(n):
                target += batch["similarity"][i, j] * teacher[j]
            student = tf.nn.softmax(z[i] / temperature)
            total += temperature ** 2 * tf.reduce_sum(target * tf.math.log(target / student))
        return total / n

    def candidate(batch):
        logits = tf.matmul(batch["x"], w) + b
        s_softmax_temp = tf.nn.log_softmax(logits / temperature)
        t_softmax_temp = tf.stop_gradient(tf.nn.softmax(logits / temperature))
        weighted_t_softmax = tf.matmul(batch["similarity"], t_softmax_temp)
        kldiv_loss_per_pair = weighted_t_softmax * (tf.math.log(weighted_t_softmax) - s_softmax_temp)
        kldiv_loss_per_example = temperature ** 2 * tf.reduce_sum(kldiv_loss_per_pair, axis=1)
        return tf.reduce_mean(kldiv_loss_per_example)

    sim = rng.uniform(size=(n, n)) ** 3
    np.fill_diagonal(sim, 0)
    sim /= sim.sum(1, keepdims=True)
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, f)).astype(fx), "similarity": sim.astype(fx)}, "variables": [w, b]}
