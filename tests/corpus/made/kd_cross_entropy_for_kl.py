"""Knowledge distillation: Keras cross-entropy with soft teacher labels where the paper has a KL divergence.

Source (constructed): Hinton et al. 2015; the teacher's entropy is a constant.
Right answer: EQUIVALENT gradients with a DIFFERENT loss value.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}

_T = 3.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, classes = 25, 4, 6
    student = keras.layers.Dense(classes, name="student", dtype=f)
    student.build((None, d))
    student.set_weights([(0.7 * rng.standard_normal(p.shape)).astype(f) for p in student.get_weights()])
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "teacher": (3.0 * rng.standard_normal((n, classes))).astype(f),
    }

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            p = tf.nn.softmax(b["teacher"][i] / _T)
            q = tf.nn.softmax(student(b["x"][i : i + 1])[0] / _T)
            total += tf.reduce_sum(p * tf.math.log(p / q))
        return _T**2 * total / m

    def candidate(b):
        soft = tf.nn.softmax(b["teacher"] / _T)
        ce = keras.losses.CategoricalCrossentropy(from_logits=True)
        return ce(soft, student(b["x"]) / _T) * (_T * _T)

    return {"variables": student.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
