"""distillKitPlus: with gradient accumulation the loss of each micro batch is added without dividing by the number of accumulation steps.
Source: https://github.com/agokrani/distillKitPlus/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'accumulated += compute_loss(micro)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, d, v, temp, alpha = 24, 4, 6, 5, 2.0, 0.7
    student = keras.layers.Dense(v, name="student")
    student.build((None, d))
    batch = {
        "hidden": rng.normal(size=(n, d)).astype(f),
        "teacher_logits": (2 * rng.normal(size=(n, v))).astype(f),
        "labels": rng.integers(0, v, size=n).astype("int32"),
    }

    def reference(batch):
        z = student(batch["hidden"])
        hard = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["labels"], z)
        q = tf.nn.softmax(batch["teacher_logits"] / temp)
        soft = tf.reduce_sum(q * (tf.math.log(q) - tf.nn.log_softmax(z / temp)), axis=1)
        return tf.reduce_mean(alpha * temp ** 2 * soft + (1 - alpha) * hard)

    def compute_loss(inputs):
        logits = student(inputs["hidden"])
        kd = keras.losses.KLDivergence()(tf.nn.softmax(inputs["teacher_logits"] / temp), tf.nn.softmax(logits / temp))
        ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(inputs["labels"], logits)
        return alpha * kd * temp ** 2 + (1 - alpha) * ce

    def micro_batches(batch):
        size = n // steps
        for k in range(steps):
            yield {key: value[k * size:(k + 1) * size] for key, value in batch.items()}

    def candidate(batch):
        accumulated = 0.0
        for micro in micro_batches(batch):
            accumulated += compute_loss(micro)
        return accumulated

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": student.trainable_variables}
