"""Attention transfer's distillation: the KL term is averaged over samples and classes where it has to be divided by the
number of samples only, so it is too small beside the cross-entropy by the number of classes.
Source: https://github.com/szagoruyko/attention-transfer/issues/18"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(q * (tf.math.log(q) - logp))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, classes = 16, 6, 5
    student = keras.layers.Dense(classes, name="student")
    student.build((None, d))
    x = rng.normal(size=(n, d)).astype(f)
    teacher = (rng.normal(size=(n, classes)) * 3).astype(f)
    y = rng.integers(0, classes, n).astype("int32")
    temperature, alpha = 4.0, 0.9

    def reference(batch):
        s = student(batch["x"])
        soft = tf.nn.softmax(batch["teacher"] / temperature)
        ce = tf.nn.softmax_cross_entropy_with_logits(soft, s / temperature)
        entropy = tf.nn.softmax_cross_entropy_with_logits(soft, batch["teacher"] / temperature)
        hard = keras.losses.sparse_categorical_crossentropy(batch["y"], s, from_logits=True)
        return tf.reduce_mean(alpha * temperature ** 2 * (ce - entropy) + (1 - alpha) * hard)

    def candidate(batch):
        def kl_div(logp, q):
            return tf.reduce_mean(q * (tf.math.log(q) - logp))

        def distillation(y, teacher_scores, labels, T, alpha):
            p = tf.nn.log_softmax(y / T, axis=1)
            q = tf.nn.softmax(teacher_scores / T, axis=1)
            l_kl = kl_div(p, q) * T ** 2
            picked = tf.gather(tf.nn.log_softmax(y, axis=1), labels, axis=1, batch_dims=1)
            l_ce = -tf.reduce_sum(picked) / labels.shape[0]
            return l_kl * alpha + l_ce * (1.0 - alpha)

        logits = tf.matmul(batch["x"], student.kernel) + student.bias
        return distillation(logits, batch["teacher"], batch["y"], temperature, alpha)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "teacher": teacher, "y": y}, "variables": list(student.trainable_variables)}
