"""In the sigmoid focal loss (1 - p) is multiplied by gamma for the positive labels rather than raised to it. Source: https://github.com/fudannlp16/focal-loss/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'pos = -labels * (1 - alpha) * ((1 - y_pred) * gamma) * tf.math.log(y_pred)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, k = 6, 4, 3
    w = var("w", d, k)
    b = var("b", k)
    alpha, gamma = 0.25, 2.0

    def reference(batch):
        z = batch["x"] @ w + b
        y = batch["y"]
        p = tf.sigmoid(z)
        p_t = tf.where(y > 0.5, p, 1.0 - p)
        a_t = tf.where(y > 0.5, 1.0 - alpha, alpha)
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=z)
        return tf.reduce_mean(tf.cast(a_t, p.dtype) * tf.pow(1.0 - p_t, gamma) * ce)

    def candidate(batch):
        def focal_loss_sigmoid(labels, logits):
            y_pred = tf.nn.sigmoid(logits)
            labels = tf.cast(labels, y_pred.dtype)
            pos = -labels * (1 - alpha) * ((1 - y_pred) * gamma) * tf.math.log(y_pred)
            neg = -(1 - labels) * alpha * (y_pred ** gamma) * tf.math.log(1 - y_pred)
            return pos + neg

        logits = tf.nn.bias_add(tf.matmul(batch["x"], w), b)
        return tf.reduce_mean(focal_loss_sigmoid(batch["y"], logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(fx), "y": (np.arange(n * k).reshape(n, k) % 2 == 0).astype(fx)},
            "variables": [w, b]}
