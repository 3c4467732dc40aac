"""The regression loss of RetinaNet is divided by the number of positive plus negative anchors; only positives contribute to it.
Source: https://github.com/fizyr/keras-retinanet/pull/89"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "divisor = tf.where(tf.not_equal(anchor_state, -1.0), tf.ones_like(anchor_state), tf.zeros_like(anchor_state))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, n, d = 4, 10, 5
    w = tf.Variable(rng.normal(size=(d, 4)).astype(fx), name="regression_w")
    sigma2 = 9.0
    state = rng.choice([-1, 0, 0, 1], size=(b, n))
    state[:, 0], state[:, 1] = 1, 0
    y_true = np.concatenate([rng.normal(size=(b, n, 4)), state[..., None]], -1).astype(fx)

    def reference(batch):
        pred = tf.matmul(batch["feat"], w)
        per_image = []
        for i in range(b):
            rows = np.flatnonzero(batch["y_true"][i, :, 4].numpy() == 1)
            diff = tf.abs(tf.gather(pred[i], rows) - tf.gather(batch["y_true"][i, :, :4], rows))
            sl1 = tf.where(diff < 1.0 / sigma2, 0.5 * sigma2 * diff ** 2, diff - 0.5 / sigma2)
            per_image.append(tf.reduce_sum(sl1) / max(1, len(rows)))
        return tf.reduce_mean(tf.stack(per_image))

    def candidate(batch):
        regression = tf.matmul(batch["feat"], w)
        regression_target = batch["y_true"][:, :, :4]
        anchor_state = batch["y_true"][:, :, 4]
        divisor = tf.where(tf.not_equal(anchor_state, -1.0), tf.ones_like(anchor_state), tf.zeros_like(anchor_state))
        divisor = tf.maximum(tf.reduce_sum(divisor, axis=1, keepdims=True), 1.0)
        delta = tf.abs(regression - regression_target)
        loss = tf.where(delta < 1.0 / sigma2, 0.5 * sigma2 * delta ** 2, delta - 0.5 / sigma2)
        positive = tf.cast(tf.equal(anchor_state, 1.0), loss.dtype)
        loss = tf.reduce_sum(loss, axis=2) * positive / divisor
        return tf.reduce_mean(tf.reduce_sum(loss, axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(b, n, d)).astype(fx), "y_true": y_true},
            "variables": [w]}
