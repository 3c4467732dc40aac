"""Logits distillation averages the KL over all token positions, the padding among them, which dilutes the signal.
Source: https://github.com/peremartra/optipfair/issues/34"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return temperature ** 2 * keras.ops.mean(kl)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, v = 12, 7, 4, 9
    hidden = rng.normal(size=(n, t, d)).astype(f)
    teacher = rng.normal(size=(n, t, v)).astype(f)
    lengths = rng.integers(2, t, size=(n, 1))
    mask = (np.arange(t)[None] < lengths).astype(f)
    lm_head = tf.Variable(rng.normal(size=(d, v)).astype(f) * 0.5, name="lm_head")
    temp = 2.0

    def reference(batch):
        total, count = tf.constant(0.0, f), 0
        for i in range(n):
            k = int(tf.reduce_sum(batch["mask"][i]))
            q = tf.nn.log_softmax(batch["hidden"][i, :k] @ lm_head / temp)
            p = tf.nn.softmax(batch["teacher"][i, :k] / temp)
            total += tf.reduce_sum(p * (tf.math.log(p) - q))
            count += k
        return temp ** 2 * total / count

    def candidate(batch):
        def logits_loss(student_logits, teacher_logits, attention_mask, temperature):
            log_s = keras.ops.log_softmax(student_logits / temperature, axis=-1)
            log_t = keras.ops.log_softmax(teacher_logits / temperature, axis=-1)
            kl = keras.ops.sum(keras.ops.exp(log_t) * (log_t - log_s), axis=-1)
            return temperature ** 2 * keras.ops.mean(kl)

        student = keras.ops.einsum("btd,dv->btv", batch["hidden"], lm_head)
        return logits_loss(student, batch["teacher"], batch["mask"], temp)

    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": hidden, "teacher": teacher, "mask": mask}, "variables": [lm_head]}
