"""GKD trainer: each micro batch's JSD is averaged over its own tokens and the micro batches are then averaged, so tokens of
short micro batches weigh more. Source: https://github.com/huggingface/trl/issues/4719"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "micro = tf.reduce_sum(jsd * mask) / tf.reduce_sum(mask)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    accum, n, t, d, v = 2, 2, 5, 4, 6
    beta, temperature = 0.3, 0.9
    head = keras.layers.Dense(v, name="student_head")
    head.build((None, None, d))

    def reference(batch):
        valid = batch["labels"] >= 0
        s = tf.boolean_mask(head(batch["hidden"]), valid) / temperature
        t_ = tf.boolean_mask(batch["teacher_logits"], valid) / temperature
        p, q = tf.nn.softmax(t_), tf.nn.softmax(s)
        m = beta * p + (1 - beta) * q
        kl_p = tf.reduce_sum(p * tf.math.log(p / m), axis=-1)
        kl_q = tf.reduce_sum(q * tf.math.log(q / m), axis=-1)
        return tf.reduce_mean(beta * kl_p + (1 - beta) * kl_q)

    def candidate(batch):
        total = 0.0
        for step in range(accum):
            rows = slice(step * n, (step + 1) * n)
            student = tf.nn.log_softmax(head(batch["hidden"][rows]) / temperature, axis=-1)
            teacher = tf.nn.log_softmax(batch["teacher_logits"][rows] / temperature, axis=-1)
            stacked = tf.stack([student + np.log(1.0 - beta), teacher + np.log(beta)])
            mixture = tf.reduce_logsumexp(stacked, axis=0)
            kl_teacher = tf.exp(teacher) * (teacher - mixture)
            kl_student = tf.exp(student) * (student - mixture)
            jsd = tf.reduce_sum(beta * kl_teacher + (1.0 - beta) * kl_student, axis=-1)
            mask = tf.cast(tf.not_equal(batch["labels"][rows], -100), jsd.dtype)
            micro = tf.reduce_sum(jsd * mask) / tf.reduce_sum(mask)
            total += micro / accum
        return total

    labels = rng.integers(0, v, size=(accum * n, t))
    for i, k in enumerate([5, 4, 1, 2]):
        labels[i, k:] = -100
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "hidden": rng.normal(size=(accum * n, t, d)).astype(fx),
            "teacher_logits": 2 * rng.normal(size=(accum * n, t, v)).astype(fx),
            "labels": labels.astype("int32"),
        },
        "variables": head.trainable_variables,
    }
