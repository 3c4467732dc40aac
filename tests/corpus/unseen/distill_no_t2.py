"""The soft term of the distillation loss lacks the factor T*T that keeps it balanced with the hard term.
Source: https://github.com/IntelLabs/distiller/issues/122"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "overall_loss = w_student * student_loss + w_distill * distillation_loss",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, c = 6, 5, 4
    w1 = tf.Variable(rng.normal(size=(d, 8)).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(size=(8, c)).astype(fx), name="w2")
    temperature, w_student, w_distill = 3.0, 0.4, 0.6

    def student(x):
        return tf.matmul(tf.nn.tanh(tf.matmul(x, w1)), w2)

    def reference(batch):
        z = student(batch["x"])
        hard = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], z))
        q = tf.nn.softmax(batch["teacher_logits"] / temperature)
        kl = tf.reduce_sum(q * (tf.math.log(q) - tf.nn.log_softmax(z / temperature)), axis=-1)
        soft = temperature * temperature * tf.reduce_mean(kl)
        return w_student * hard + w_distill * soft

    def candidate(batch):
        student_logits = student(batch["x"])
        soft_log_probs = tf.nn.log_softmax(student_logits / temperature, axis=1)
        soft_targets = tf.nn.softmax(batch["teacher_logits"] / temperature, axis=1)
        pointwise = soft_targets * (tf.math.log(soft_targets) - soft_log_probs)
        rows = tf.cast(tf.shape(student_logits)[0], student_logits.dtype)
        distillation_loss = tf.reduce_sum(pointwise) / rows
        log_probs = tf.nn.log_softmax(student_logits, axis=1)
        picked = tf.gather(log_probs, batch["y"], axis=1, batch_dims=1)
        student_loss = -tf.reduce_mean(picked)
        overall_loss = w_student * student_loss + w_distill * distillation_loss
        return overall_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "y": rng.integers(0, c, n).astype("int32"),
                      "teacher_logits": (2 * rng.normal(size=(n, c))).astype(fx)},
            "variables": [w1, w2]}
