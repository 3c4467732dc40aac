"""The distillation term uses KLDivLoss with its default reduction, a mean over all elements, where the divergence needs
the sum over classes and a mean over the batch (batchmean). Source: https://github.com/haitongli/knowledge-distillation-pytorch/issues/48"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'kd = tf.reduce_mean(pointwise)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, feat, hid, classes = 5, 6, 5, 4
    w1 = var("student_hidden", feat, hid)
    w2 = var("student_out", hid, classes)
    temp, alpha = 4.0, 0.9

    def student(x):
        return tf.matmul(tf.nn.elu(tf.matmul(x, w1)), w2)

    def reference(batch):
        logits = student(batch["x"])
        q = tf.nn.softmax(batch["teacher"] / temp, axis=1)
        p = tf.nn.softmax(logits / temp, axis=1)
        kl = tf.reduce_sum(q * (tf.math.log(q) - tf.math.log(p)), axis=1)
        hard = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_mean(alpha * temp ** 2 * kl + (1.0 - alpha) * hard)

    def candidate(batch):
        outputs = student(batch["x"])
        log_p = tf.nn.log_softmax(outputs / temp, axis=1)
        log_q = tf.nn.log_softmax(batch["teacher"] / temp, axis=1)
        pointwise = tf.exp(log_q) * (log_q - log_p)
        kd = tf.reduce_mean(pointwise)
        ce = tf.reduce_mean(
            keras.losses.sparse_categorical_crossentropy(batch["y"], outputs, from_logits=True))
        return kd * (alpha * temp * temp) + ce * (1.0 - alpha)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, feat), "teacher": arr(n, classes, scale=3.0),
                      "y": rng.integers(0, classes, n).astype("int32")},
            "variables": [w1, w2]}
