"""Distillation modifier: KL with 'batchmean' on (batch, seq, vocab) logits divides by the batch size only, not by the
number of tokens, against the hard loss per token. Source: https://github.com/neuralmagic/sparseml/pull/592"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "soft = tf.reduce_sum(pointwise) / tf.cast(tf.shape(pointwise)[0], pointwise.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, d, v = 4, 5, 6, 7
    temp, hardness = 2.0, 0.5
    lm = keras.layers.Dense(v, name="lm_head")
    lm.build((None, None, d))

    def reference(batch):
        logits = tf.reshape(lm(batch["hidden"]), (-1, v))
        teacher = tf.reshape(batch["teacher_logits"], (-1, v))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.reshape(batch["labels"], [-1]), logits)
        p_t = tf.nn.softmax(teacher / temp)
        xent = tf.nn.softmax_cross_entropy_with_logits(p_t, logits / temp)
        ent = tf.nn.softmax_cross_entropy_with_logits(p_t, teacher / temp)
        return tf.reduce_mean((1 - hardness) * ce + hardness * temp**2 * (xent - ent))

    def candidate(batch):
        student_val = lm(batch["hidden"])
        hard = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"], logits=student_val)
        )
        log_s = tf.nn.log_softmax(student_val / temp, axis=-1)
        log_t = tf.nn.log_softmax(batch["teacher_logits"] / temp, axis=-1)
        pointwise = tf.exp(log_t) * (log_t - log_s)
        soft = tf.reduce_sum(pointwise) / tf.cast(tf.shape(pointwise)[0], pointwise.dtype)
        return (1.0 - hardness) * hard + hardness * soft * temp**2

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "hidden": rng.normal(size=(n, t, d)).astype(fx),
            "labels": rng.integers(0, v, size=(n, t)).astype("int32"),
            "teacher_logits": 2 * rng.normal(size=(n, t, v)).astype(fx),
        },
        "variables": lm.trainable_variables,
    }
