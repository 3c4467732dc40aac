"""Distillation: the loss is the product of teacher probabilities and student log probabilities, no KL divergence.

Source (real): https://github.com/Piyush-555/GaussianDistillation/issues/1 (PyTorch, ported; "cross-entropy and KL divergence are
the same optimization-wise").
Right answer: EQUIVALENT in the gradients, as the entropy of the teacher is a constant; the values differ.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, classes, T = 19, 6, 5, 4, 3.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="student_w1")
    w2 = tf.Variable(0.8 * arr(hid, classes), name="student_w2")
    teacher = tf.constant(2.0 * arr(d, classes))
    batch = {"x": arr(n, d)}

    def reference(b):
        kld = keras.losses.KLDivergence(reduction="sum_over_batch_size")
        student = tf.nn.softmax(tf.nn.relu(b["x"] @ w1) @ w2 / T)
        return kld(tf.nn.softmax(b["x"] @ teacher / T), student) * T**2

    def candidate(b):
        class DistillationLoss:
            def __init__(self, temperature):
                self.T = temperature

            def __call__(self, student, teacher):
                student = tf.nn.log_softmax(student / self.T, axis=-1)
                teacher = tf.nn.softmax(teacher / self.T, axis=-1)
                return -tf.reduce_mean(tf.reduce_sum(student * teacher, axis=1)) * self.T * self.T

        criterion = DistillationLoss(T)
        return criterion(tf.nn.relu(b["x"] @ w1) @ w2, b["x"] @ teacher)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
