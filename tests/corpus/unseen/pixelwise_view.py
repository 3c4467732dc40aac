"""The pixel-wise distillation views N,C,W,H predictions as (-1, C) without moving the channels to the end. Source: https://github.com/irfanICMLL/structure_knowledge_distillation/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'flat_s = tf.reshape(preds_s, [-1, c])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, c, h, ww, d = 2, 3, 4, 4, 4
    x_np = normal(n, h, ww, d)
    teacher = normal(n, c, h, ww)
    valid = (rng.random((n, h, ww)) < 0.8).astype(fx)
    w = var("w", d, c)

    def reference(batch):
        total = 0.0
        for i in range(n):
            logits = batch["x"][i] @ w
            soft = tf.nn.softmax(tf.transpose(batch["teacher"][i], [1, 2, 0]))
            ce = -tf.reduce_sum(soft * tf.nn.log_softmax(logits), -1)
            total += tf.reduce_sum(ce * batch["valid"][i])
        return total / tf.reduce_sum(batch["valid"])

    def candidate(batch):
        preds_s = tf.einsum("nhwd,dc->nchw", batch["x"], w)
        preds_t = batch["teacher"]
        flat_s = tf.reshape(preds_s, [-1, c])
        flat_t = tf.reshape(tf.transpose(preds_t, [0, 2, 3, 1]), [-1, c])
        pixel = tf.nn.softmax_cross_entropy_with_logits(labels=tf.nn.softmax(flat_t, axis=1), logits=flat_s)
        weights = tf.reshape(batch["valid"], [-1])
        return tf.reduce_sum(pixel * weights) / tf.reduce_sum(weights)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x_np, "teacher": teacher, "valid": valid}, "variables": [w]}
