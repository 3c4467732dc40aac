"""Wrong: the soft term of the distillation loss takes the teacher's logits for the student's too, so it teaches nothing.

Source (real): https://github.com/labmlai/annotated_deep_learning_paper_implementations/issues/66
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_student = tf.nn.log_softmax(large_logits / temperature)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    student = tf.keras.Sequential([
        tf.keras.layers.Dense(9, activation="tanh", name="s1"),
        tf.keras.layers.Dense(5, name="s2"),
    ])
    student.build((None, 7))
    for v in student.trainable_variables:
        v.assign(rng.normal(0, 0.5, v.shape))
    teacher_w = tf.constant(rng.normal(0, 1.0, (7, 5)).astype("float32"))
    temperature, alpha = 3.0, 0.7
    batch = {
        "tokens": rng.normal(size=(16, 7)).astype("float32"),
        "label": rng.integers(0, 5, 16).astype("int32"),
    }

    def reference(b):
        teacher = b["tokens"] @ teacher_w
        logits = student(b["tokens"])
        p = tf.nn.softmax(teacher / temperature)
        q = tf.nn.log_softmax(logits / temperature)
        kl = tf.reduce_sum(p * (tf.math.log(p) - q), axis=-1)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(b["label"], logits)
        return tf.reduce_mean(alpha * temperature**2 * kl + (1 - alpha) * ce)

    def candidate(b):
        large_logits = tf.stop_gradient(b["tokens"] @ teacher_w)
        output = student(b["tokens"])
        soft_targets = tf.nn.log_softmax(large_logits / temperature)
        log_student = tf.nn.log_softmax(large_logits / temperature)
        soft = tf.reduce_sum(tf.exp(soft_targets) * (soft_targets - log_student), axis=-1)
        soft_loss = tf.reduce_mean(soft) * temperature**2
        label_loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=output))
        return alpha * soft_loss + (1.0 - alpha) * label_loss

    return {"variables": student.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
