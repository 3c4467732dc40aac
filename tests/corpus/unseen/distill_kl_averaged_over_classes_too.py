"""KLDivLoss averages over every element (batch and classes), the distillation term is too small by the class count.

Source (real): https://github.com/haitongli/knowledge-distillation-pytorch/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "kd = tf.reduce_mean(pointwise) * (alpha * T * T)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, c = 12, 6, 8
    T, alpha = 4.0, 0.9
    l1 = tf.keras.layers.Dense(7, activation="relu", name="student_hidden")
    l2 = tf.keras.layers.Dense(c, name="student_logits")
    l1.build((None, d))
    l2.build((None, 7))
    l1.set_weights([rng.normal(0, 0.6, (d, 7)), rng.uniform(0, 0.2, (7,))])
    l2.set_weights([rng.normal(0, 0.6, (7, c)), np.zeros(c)])
    batch = {
        "x": rng.normal(0, 1, (n, d)).astype("float32"),
        "teacher": rng.normal(0, 4, (n, c)).astype("float32"),
        "label": rng.integers(0, c, n).astype("int32"),
    }

    def reference(b):
        logits = l2(l1(b["x"]))
        soft = tf.nn.softmax(b["teacher"] / T)
        cross = tf.nn.softmax_cross_entropy_with_logits(labels=soft, logits=logits / T)
        entropy = -tf.reduce_sum(soft * tf.math.log(soft), axis=1)
        hard = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=logits)
        return tf.reduce_mean(alpha * T * T * (cross - entropy) + (1.0 - alpha) * hard)

    def candidate(b):
        outputs = l2(l1(b["x"]))
        log_student = tf.nn.log_softmax(outputs / T, axis=1)
        log_teacher = tf.nn.log_softmax(b["teacher"] / T, axis=1)
        pointwise = tf.exp(log_teacher) * (log_teacher - log_student)
        kd = tf.reduce_mean(pointwise) * (alpha * T * T)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=outputs)
        return kd + tf.reduce_mean(ce) * (1.0 - alpha)

    return {"variables": l1.trainable_variables + l2.trainable_variables, "batch": batch,
            "reference": reference, "candidate": candidate}
