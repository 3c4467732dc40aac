"""nitrain's L2 regulariser multiplies by its scale twice.
Source: https://github.com/nitrain/nitrain/issues/42"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'value = tf.reduce_sum(p ** 2) * scale',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, k, h = 5, 4, 6
    scale = 0.2
    w1 = tf.Variable(normal(k, h), name="w1")
    b1 = tf.Variable(normal(h), name="b1")
    w2 = tf.Variable(normal(h, 1), name="w2")

    def reference(batch):
        pred = tf.tanh(batch["x"] @ w1 + b1) @ w2
        data = tf.reduce_mean(tf.square(pred - batch["y"]))
        return data + scale * (tf.reduce_sum(w1 ** 2) + tf.reduce_sum(w2 ** 2))

    def candidate(batch):
        def regularise(params):
            loss = 0.0
            for p in params:
                value = tf.reduce_sum(p ** 2) * scale
                loss += scale * value
            return loss

        hidden = tf.tanh(batch["x"] @ w1 + b1)
        err = hidden @ w2 - batch["y"]
        return tf.reduce_mean(err ** 2) + regularise([w1, w2])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(n, k), "y": normal(n, 1)}, "variables": [w1, b1, w2]}
