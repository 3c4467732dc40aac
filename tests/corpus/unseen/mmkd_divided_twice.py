"""Multimodal white-box distillation: the forward KL is divided by the number of tokens once per token and once more after the sum.

Source (real): https://github.com/modelscope/easydistill/pull/16 (PyTorch, ported; review comment on easydistill/mmkd/train.py).
Right answer: NOT equivalent; the distillation term is too small by the token count.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = tf.reduce_sum(kl, axis=-1) / tf.reduce_sum(mask)",
    "same_forward_value": False,
}

_KD_RATIO = 0.6


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, vocab, d = 13, 5, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    proj = tf.Variable(0.7 * arr(d, d), name="vision_proj")
    head = tf.Variable(0.7 * arr(d, vocab), name="lm_head")
    lens = rng.integers(2, length + 1, n)
    mask = (np.arange(length)[None] < lens[:, None]).astype(f)
    batch = {
        "pixel": arr(n, length, d),
        "labels": np.where(mask > 0, rng.integers(0, vocab, (n, length)), -100),
        "teacher_logits": 2.0 * arr(n, length, vocab),
        "mask": mask,
    }

    def student(pixel):
        return tf.nn.softplus(pixel @ proj) @ head

    def reference(b):
        logits = tf.boolean_mask(student(b["pixel"]), b["mask"] > 0)
        teacher = tf.boolean_mask(b["teacher_logits"], b["mask"] > 0)
        labels = tf.boolean_mask(b["labels"], b["mask"] > 0)
        lm = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
        kd = tf.reduce_mean(keras.losses.kl_divergence(tf.nn.softmax(teacher), tf.nn.softmax(logits)))
        return (1.0 - _KD_RATIO) * lm + _KD_RATIO * kd

    def candidate(b):
        def compute_distillation_loss(student_logits, teacher_probs, mask, distillation_type="forward_kld"):
            student_logits = tf.reshape(student_logits, [-1, vocab])
            teacher_probs = tf.reshape(teacher_probs, [-1, vocab])
            mask = tf.reshape(mask, [-1])
            if distillation_type == "forward_kld":
                kl = teacher_probs * (tf.math.log(teacher_probs) - tf.nn.log_softmax(student_logits, axis=-1))
                loss = tf.reduce_sum(kl, axis=-1) / tf.reduce_sum(mask)
            else:
                raise NotImplementedError(distillation_type)
            return tf.reduce_sum(loss * mask) / tf.reduce_sum(mask)

        student_logits = student(b["pixel"])
        mask = b["mask"]
        lm = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.maximum(b["labels"], 0), logits=student_logits
        )
        lm_loss = tf.reduce_sum(lm * mask) / tf.reduce_sum(mask)
        kd_loss = compute_distillation_loss(student_logits, tf.nn.softmax(b["teacher_logits"]), mask)
        return (1.0 - _KD_RATIO) * lm_loss + _KD_RATIO * kd_loss

    return {"variables": [proj, head], "batch": batch, "reference": reference, "candidate": candidate}
