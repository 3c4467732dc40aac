"""Suspected: the skewed forward KL leaves out teacher * log teacher; the value shifts by a constant, the gradient is right.
Source: https://github.com/jongwooko/distillm/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, d, v = 3, 5, 4, 7
    w = tf.Variable(rng.normal(size=(d, v)).astype(fx), name="student_head")
    tw = rng.normal(size=(d, v)).astype(fx)
    label = rng.integers(0, v, size=(b, t))
    label[0, 3:] = -100
    label[2, 4:] = -100

    def reference(batch):
        keep = tf.where(tf.reshape(batch["label"], [-1]) != -100)[:, 0]
        h = tf.gather(tf.reshape(batch["h"], (-1, d)), keep)
        p, q = tf.nn.softmax(h @ tw), tf.nn.softmax(h @ w)
        kl = tf.reduce_sum(p * (tf.math.log(p) - tf.math.log(q)), -1)
        return tf.reduce_mean(kl)

    def candidate(batch):
        logits = tf.tensordot(batch["h"], w, axes=1)
        teacher_logits = tf.stop_gradient(tf.tensordot(batch["h"], tw, axes=1))
        teacher_probs = tf.nn.softmax(teacher_logits, axis=-1)
        inf_mask = tf.math.is_inf(logits)
        student_logprobs = tf.nn.log_softmax(logits, axis=-1)
        prod_probs = tf.where(inf_mask, tf.zeros_like(logits), teacher_probs * student_logprobs)
        x = tf.reshape(tf.reduce_sum(prod_probs, axis=-1), [-1])
        mask = tf.cast(tf.reshape(batch["label"] != -100, [-1]), x.dtype)
        return -tf.reduce_sum(x * mask) / tf.reduce_sum(mask)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"h": rng.normal(size=(b, t, d)).astype(fx), "label": label.astype("int32")},
        "variables": [w],
    }
