"""Gated temporal convolution adds the sigmoid gate to the linear branch instead of multiplying with it.
Source: https://github.com/LeronQ/STGCN-Pytorch/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "temp = conv(x, k1) + tf.sigmoid(conv(x, k2))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()
    b, nodes, steps, c, hid = 3, 4, 6, 2, 3

    def var(name, *shape):
        return tf.Variable(rng.normal(size=shape) * 0.7, dtype=dt, name=name)

    k1, k2, k3 = var("k1", 1, 3, c, hid), var("k2", 1, 3, c, hid), var("k3", 1, 3, c, hid)
    theta, w_out = var("theta", hid, hid), var("w_out", (steps - 2) * hid, 1)

    def conv(x, k):
        return tf.nn.conv2d(x, k, strides=1, padding="VALID")

    def spatial(adj, h):
        return tf.nn.relu(tf.einsum("nm,bmtc->bntc", adj, h) @ theta)

    def reference(batch):
        x = batch["x"]
        gate = tf.sigmoid(conv(x, k2))
        gated = gate * conv(x, k1)
        h = tf.nn.relu(gated + conv(x, k3))
        h = spatial(batch["adj"], h)
        pred = tf.reshape(h, [b, nodes, -1]) @ w_out
        return tf.reduce_mean(tf.square(pred[..., 0] - batch["y"]))

    def candidate(batch):
        def time_block(x):
            temp = conv(x, k1) + tf.sigmoid(conv(x, k2))
            return tf.nn.relu(temp + conv(x, k3))

        out = spatial(batch["adj"], time_block(batch["x"]))
        out = tf.reshape(out, [b, nodes, -1])
        forecast = tf.squeeze(out @ w_out, axis=-1)
        return tf.reduce_mean(tf.square(forecast - batch["y"]))

    adj = rng.uniform(size=(nodes, nodes))
    adj = adj / adj.sum(1, keepdims=True)
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, nodes, steps, c)).astype(dt), "adj": adj.astype(dt),
                      "y": rng.normal(size=(b, nodes)).astype(dt)},
            "variables": [k1, k2, k3, theta, w_out]}
