"""Distillation into a diffusion LM: the student's logits are shifted by one position against the teacher's, although both predict the next token.

Source (real): https://github.com/DeepOpt-com/WrinkleFree-Monorepo/issues/13 (PyTorch, ported).
Right answer: NOT equivalent; the student is trained to say at position i + 1 what the teacher says at i.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "aligned_student_logits = student_logits[:, 1:, :]",
    "same_forward_value": False,
}

_T, _LAMBDA = 2.0, 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, vocab, d = 16, 7, 8, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    embed = tf.Variable(0.8 * arr(vocab, d), name="student_embed")
    head = tf.Variable(0.8 * arr(d, vocab), name="student_head")
    ids = rng.integers(0, vocab, (n, length))
    lens = rng.integers(3, length + 1, n)
    batch = {
        "input_ids": ids,
        "labels": np.where(np.arange(length)[None] < lens[:, None], ids, -100),
        "teacher_logits": 1.5 * arr(n, length, vocab),
    }

    def student(ids):
        h = tf.gather(embed, ids)
        steps = tf.range(1, length + 1, dtype=h.dtype)[None, :, None]
        return tf.tanh(tf.cumsum(h, axis=1) / tf.sqrt(steps)) @ head

    def reference(b):
        logits = student(b["input_ids"])
        kd, ce, count = 0.0, 0.0, 0.0
        for t in range(length - 1):                        # position t predicts token t + 1, in both models
            keep = tf.cast(b["labels"][:, t + 1] != -100, logits.dtype)
            p = tf.nn.softmax(b["teacher_logits"][:, t] / _T)
            logq = tf.nn.log_softmax(logits[:, t] / _T)
            kd += tf.reduce_sum(keep * tf.reduce_sum(p * (tf.math.log(p) - logq), -1))
            hot = tf.one_hot(b["labels"][:, t + 1], vocab, dtype=logits.dtype)
            ce -= tf.reduce_sum(keep * tf.reduce_sum(hot * tf.nn.log_softmax(logits[:, t]), -1))
            count += tf.reduce_sum(keep)
        return ce / count + _LAMBDA * _T**2 * kd / count

    def candidate(b):
        student_logits = student(b["input_ids"])
        teacher_logits = b["teacher_logits"]
        shift_labels = b["labels"][:, 1:]
        valid = shift_labels != -100
        mask = tf.cast(valid, student_logits.dtype)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.where(valid, shift_labels, 0), logits=student_logits[:, :-1, :]
        )
        ce_loss = tf.reduce_sum(ce * mask) / tf.reduce_sum(mask)
        # TCS term
        aligned_teacher_logits = teacher_logits[:, :-1, :]
        aligned_student_logits = student_logits[:, 1:, :]
        teacher_logp = tf.nn.log_softmax(aligned_teacher_logits / _T)
        student_logp = tf.nn.log_softmax(aligned_student_logits / _T)
        kl = tf.reduce_sum(tf.exp(teacher_logp) * (teacher_logp - student_logp), axis=-1)
        tcs_loss = tf.reduce_sum(kl * mask) / tf.reduce_sum(mask) * _T**2
        return ce_loss + _LAMBDA * tcs_loss

    return {"variables": [embed, head], "batch": batch, "reference": reference, "candidate": candidate}
