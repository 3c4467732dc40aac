"""The focal loss multiplies the one-hot labels once more although they are used in pt already, so that
the classes that are absent at an anchor get no gradient at all. Source: https://github.com/zongfan2/tensorflow_retinanet/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'losses = -alpha_t * tf.pow(1.0 - pt, gamma) * onehot_labels * tf.math.log(pt)',
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

    n, anchors, feat, classes = 3, 5, 4, 3
    w = var("cls_kernel", feat, classes)
    b = var("cls_bias", classes)
    lab = rng.integers(0, classes + 1, (n, anchors))
    lab[:, 0] = 1
    onehot = np.eye(classes + 1)[lab][..., 1:].astype(fx)

    def reference(batch):
        p = tf.sigmoid(tf.einsum("naf,fc->nac", batch["feat"], w) + b)
        y = batch["onehot"]
        fg = 0.25 * tf.pow(1.0 - p, 2.0) * -tf.math.log(p) * y
        bg = 0.75 * tf.pow(p, 2.0) * -tf.math.log(1.0 - p) * (1.0 - y)
        return tf.reduce_sum(fg + bg) / tf.reduce_sum(y)

    def candidate(batch):
        onehot_labels = batch["onehot"]
        cls_preds = tf.einsum("naf,fc->nac", batch["feat"], w) + b
        alpha, gamma = 0.25, 2.0
        predictions = tf.sigmoid(cls_preds)
        pt = tf.where(tf.equal(onehot_labels, 1.0), predictions, 1.0 - predictions)
        alpha_t = alpha * tf.ones_like(onehot_labels)
        alpha_t = tf.where(tf.equal(onehot_labels, 1.0), alpha_t, 1.0 - alpha_t)
        losses = -alpha_t * tf.pow(1.0 - pt, gamma) * onehot_labels * tf.math.log(pt)
        return tf.reduce_sum(losses) / tf.reduce_sum(onehot_labels)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": arr(n, anchors, feat), "onehot": onehot},
            "variables": [w, b]}
