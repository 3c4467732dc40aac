"""Label-only distillation trained the student on the labels of the data set rather than on the
hard labels of the teacher under attack. Source: https://github.com/aidotse/LeakPro/pull/440"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'targets = batch["labels"]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, c = 7, 5, 4
    w1, b1, w2 = var("w1", d, 8), var("b1", 8), var("w2", 8, c)
    labels = rng.integers(0, c, n)
    teacher = rng.standard_normal((n, c))
    teacher[np.arange(n), (labels + 1 + np.arange(n) % 2) % c] += 4.0
    batch = {"x": rng.standard_normal((n, d)).astype(fx), "labels": labels.astype("int32"),
             "teacher_logits": teacher.astype(fx)}

    def student(x):
        return tf.nn.gelu(x @ w1 + b1) @ w2

    def reference(batch):
        hard = tf.one_hot(tf.argmax(batch["teacher_logits"], axis=-1), c, dtype=fx)
        logp = tf.nn.log_softmax(student(batch["x"]))
        return -tf.reduce_mean(tf.reduce_sum(hard * logp, axis=-1))

    def candidate(batch):
        inputs = batch["x"]
        outputs = student(inputs)
        targets = batch["labels"]
        loss = keras.losses.sparse_categorical_crossentropy(targets, outputs, from_logits=True)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, b1, w2]}
