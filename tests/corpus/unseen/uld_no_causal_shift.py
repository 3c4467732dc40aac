"""Soup: the ULD distillation term pairs student logits with the labels' mask of the same position instead of shifting by one,
so that the wrong positions (a prompt position, not the last) are distilled.
Source: https://github.com/MakazhanAlpamys/Soup/issues/682"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "keep = labels != -100",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, v = 13, 6, 5, 8
    student = keras.layers.Dense(v, name="student_head")
    student.build((None, t, d))
    labels = rng.integers(0, v, size=(n, t))
    labels[np.arange(t)[None] < rng.integers(1, 4, size=n)[:, None]] = -100
    batch = {
        "hidden": rng.normal(size=(n, t, d)).astype(f),
        "teacher_logits": rng.normal(size=(n, t, v)).astype(f) * 2,
        "labels": labels.astype("int32"),
    }

    def reference(batch):
        total, count = 0.0, 0.0
        logits = student(batch["hidden"])
        for pos in range(t - 1):
            counts = tf.cast(tf.not_equal(batch["labels"][:, pos + 1], -100), f)
            p = tf.sort(tf.nn.softmax(logits[:, pos]), axis=1, direction="DESCENDING")
            q = tf.sort(tf.nn.softmax(batch["teacher_logits"][:, pos]), axis=1, direction="DESCENDING")
            total += tf.reduce_sum(counts * tf.reduce_sum(tf.abs(p - q), axis=1))
            count += tf.reduce_sum(counts)
        return total / count

    def sorted_probs(logits):
        return tf.math.top_k(tf.nn.softmax(logits, axis=-1), k=v).values

    def uld_distill_loss(student_logits, teacher_logits, keep):
        w1 = tf.reduce_sum(tf.abs(sorted_probs(student_logits) - sorted_probs(teacher_logits)), axis=-1)
        return tf.reduce_mean(tf.boolean_mask(w1, keep))

    def candidate(batch):
        labels = batch["labels"]
        logits = student(batch["hidden"])
        keep = labels != -100
        return uld_distill_loss(logits, batch["teacher_logits"], keep)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": student.trainable_variables}
