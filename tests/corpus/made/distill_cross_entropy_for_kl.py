"""Knowledge distillation: cross-entropy with the teacher's soft labels where the paper has a KL divergence.

Origin: realistic (a recurring question on student-teacher examples: "this is not the KL, and why T squared?").
Right answer: EQUIVALENT gradients, DIFFERENT loss value: the teacher's entropy is a constant.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}

TEMPERATURE, ALPHA = 3.0, 0.3


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, side, ch, classes = 18, 5, 2, 4
    conv = keras.layers.Conv2D(3, 3, activation="relu", name="student_conv", dtype=f)
    bn = keras.layers.BatchNormalization(name="student_bn", dtype=f)
    fc = keras.layers.Dense(classes, name="student_fc", dtype=f)
    conv.build((None, side, side, ch))
    bn.build((None, 3, 3, 3))
    fc.build((None, 3))
    conv.set_weights([0.5 * rng.standard_normal(p.shape).astype(f) for p in conv.get_weights()])
    bn.set_weights([(0.5 + rng.uniform(size=p.shape)).astype(f) for p in bn.get_weights()])
    fc.set_weights([0.8 * rng.standard_normal(p.shape).astype(f) for p in fc.get_weights()])
    batch = {
        "image": rng.standard_normal((n, side, side, ch)).astype(f),
        "label": rng.integers(0, classes, n),
        "teacher": (2.0 * rng.standard_normal((n, classes))).astype(f),
    }

    def student(x):
        return fc(tf.reduce_mean(bn(conv(x), training=False), axis=[1, 2]))

    def reference(b):
        m = b["label"].shape[0]
        total = 0.0
        for i in range(m):
            z = student(b["image"][i : i + 1])[0]
            log_q = tf.nn.log_softmax(z / TEMPERATURE)
            log_p = tf.nn.log_softmax(b["teacher"][i] / TEMPERATURE)
            kl = tf.reduce_sum(tf.exp(log_p) * (log_p - log_q))
            total += (1 - ALPHA) * TEMPERATURE**2 * kl - ALPHA * tf.nn.log_softmax(z)[b["label"][i]]
        return total / m

    def candidate(b):
        logits = student(b["image"])
        soft = tf.stop_gradient(tf.nn.softmax(b["teacher"] / TEMPERATURE))
        soft_loss = tf.nn.softmax_cross_entropy_with_logits(labels=soft, logits=logits / TEMPERATURE)
        hard_loss = keras.losses.sparse_categorical_crossentropy(b["label"], logits, from_logits=True)
        return tf.reduce_mean(
            ALPHA * hard_loss
            + (1.0 - ALPHA) * soft_loss * TEMPERATURE * TEMPERATURE
        )

    return {
        "variables": conv.trainable_variables + bn.trainable_variables + fc.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
