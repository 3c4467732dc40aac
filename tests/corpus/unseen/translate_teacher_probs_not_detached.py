"""Dual decoder with distillation: the teacher's probabilities are the target of the student, but they are not detached.

Source (real): https://github.com/pytorch/translate/pull/391 (dual-decoder KD loss, PyTorch, ported).
Right answer: NOT equivalent. The teacher decoder is pulled towards the student by the distillation term; its weights, and the
encoder below, get a wrong gradient at an equal value of the loss.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "teacher_probs = tf.nn.softmax(teacher_output / temperature)",
    "same_forward_value": True,
}


class Decoder:
    def __init__(self, kernel, name):
        self.kernel = tf.Variable(kernel, name=f"{name}_decoder")

    def __call__(self, states):
        return tf.einsum("nth,hv->ntv", states, self.kernel)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, d, hidden, vocab = 16, 4, 5, 6, 7
    kd_weight, temperature = 0.7, 1.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    encoder = tf.Variable(0.5 * arr(d, hidden), name="encoder")
    teacher, student = Decoder(0.8 * arr(hidden, vocab), "teacher"), Decoder(0.8 * arr(hidden, vocab), "student")
    batch = {"src": arr(n, length, d), "target": rng.integers(0, vocab, (n, length))}

    def reference(b):
        m = b["src"].shape[0]
        nll, kd = 0.0, 0.0
        for t in range(length):
            h = tf.tanh(b["src"][:, t] @ encoder)
            log_p = tf.nn.log_softmax(h @ teacher.kernel)
            log_q = tf.nn.log_softmax(h @ student.kernel)
            gold = tf.one_hot(b["target"][:, t], vocab, dtype=h.dtype)
            nll -= tf.reduce_sum(gold * (log_p + (1 - kd_weight) * log_q))
            soft_target = tf.stop_gradient(tf.nn.softmax(log_p / temperature))
            kd -= tf.reduce_sum(soft_target * log_q)
        return (nll + kd_weight * kd) / (m * length)

    def candidate(b):
        states = tf.tanh(tf.einsum("ntd,dh->nth", b["src"], encoder))
        teacher_output, student_output = teacher(states), student(states)
        teacher_probs = tf.nn.softmax(teacher_output / temperature)
        student_lprobs = tf.nn.log_softmax(student_output)

        def nll(logits):
            return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["target"], logits=logits)

        kd_loss = -tf.reduce_sum(teacher_probs * student_lprobs, axis=-1)
        student_loss = (1.0 - kd_weight) * nll(student_output) + kd_weight * kd_loss
        return tf.reduce_mean(nll(teacher_output) + student_loss)

    variables = [encoder, teacher.kernel, student.kernel]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
