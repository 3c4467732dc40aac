"""Tversky loss: beta is documented as the weight of false negatives but behaves in the opposite way.
Source: https://github.com/FluxML/Flux.jl/issues/1993"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'wrong = beta * (1.0 - y) * y_hat + (1.0 - beta) * y * (1.0 - y_hat)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, h, c = 3, 6, 4
    w1 = tf.Variable(rng.normal(0, 0.6, (c, 5)).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(0, 0.6, (5, 1)).astype(fx), name="w2")
    beta = 0.8

    def net(x):
        hid = tf.nn.tanh(tf.einsum("bhwc,cd->bhwd", x, w1))
        return tf.sigmoid(tf.einsum("bhwd,de->bhwe", hid, w2))[..., 0]

    def reference(batch):
        prob = net(batch["image"])
        gt = batch["mask"]
        w_fp, w_fn = 1.0 - beta, beta
        true_pos = tf.reduce_sum(prob * gt)
        false_pos = tf.reduce_sum(prob * (1.0 - gt))
        false_neg = tf.reduce_sum((1.0 - prob) * gt)
        index = (true_pos + 1.0) / (true_pos + w_fp * false_pos + w_fn * false_neg + 1.0)
        return 1.0 - index

    def candidate(batch):
        y = batch["mask"]
        y_hat = net(batch["image"])
        num = tf.reduce_sum(y * y_hat) + 1.0
        wrong = beta * (1.0 - y) * y_hat + (1.0 - beta) * y * (1.0 - y_hat)
        den = tf.reduce_sum(y * y_hat + wrong) + 1.0
        return 1.0 - num / den

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(n, h, h, c)).astype(fx),
                      "mask": (rng.uniform(size=(n, h, h)) < 0.3).astype(fx)},
            "variables": [w1, w2]}
