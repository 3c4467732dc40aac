"""Keras focal loss: log(1 - pt_0) without an epsilon becomes log(0) as soon as a background probability saturates at 1.
Source: https://github.com/mkocabas/focal-loss-keras/issues/17"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "neg = tf.pow(pt_0, gamma) * tf.math.log(1.0 - pt_0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 18, 5
    w = tf.Variable(rng.normal(size=(d,)).astype(f) * 0.6, name="kernel")
    b = tf.Variable(np.asarray(0.1, f), name="bias")
    x = rng.normal(size=(n, d)).astype(f)
    y = (np.arange(n) % 4 == 0).astype(f)
    x[1] = (60.0 * np.sign(w.numpy())).astype(f)   # a background sample that is taken for an object with certainty
    x[4] = x[1]
    gamma_, alpha_, eps = 2.0, 0.25, keras.config.epsilon()

    def reference(batch):
        p = tf.sigmoid(tf.linalg.matvec(batch["x"], w) + b)
        fg = batch["y"] > 0.5
        pt = tf.where(fg, p, 1 - p)
        weight = tf.where(fg, alpha_, 1 - alpha_)
        return -tf.reduce_sum(tf.cast(weight, f) * (1 - pt) ** gamma_ * tf.math.log(pt + eps))

    def candidate(batch):
        def focal_loss(gamma=2., alpha=.25):
            def focal_loss_fixed(y_true, y_pred):
                pt_1 = tf.where(tf.equal(y_true, 1), y_pred, tf.ones_like(y_pred))
                pt_0 = tf.where(tf.equal(y_true, 0), y_pred, tf.zeros_like(y_pred))
                pos = tf.pow(1.0 - pt_1, gamma) * tf.math.log(eps + pt_1)
                neg = tf.pow(pt_0, gamma) * tf.math.log(1.0 - pt_0)
                return -tf.reduce_sum(alpha * pos) - tf.reduce_sum((1 - alpha) * neg)
            return focal_loss_fixed

        prediction = keras.ops.sigmoid(keras.ops.sum(batch["x"] * w, axis=1) + b)
        return focal_loss(gamma=gamma_, alpha=alpha_)(batch["y"], prediction)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y}, "variables": [w, b]}
