"""A custom L1 regulariser multiplies by its (positive) factor before the absolute value; the pull request holds that to be wrong.
Both are the same for a positive factor.
Source: https://github.com/ageron/handson-ml3/pull/211"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, h = 19, 5, 4
    x = rng.normal(size=(n, d)).astype(f)
    y = rng.normal(size=(n,)).astype(f)
    w1 = tf.Variable((0.5 * rng.normal(size=(d, h))).astype(f), name="w1")
    w2 = tf.Variable((0.5 * rng.normal(size=(h, 1))).astype(f), name="w2")
    factor = 0.01

    def reference(batch):
        out = tf.nn.selu(batch["x"] @ w1) @ w2
        mse = tf.reduce_mean((out[:, 0] - batch["y"]) ** 2)
        return mse + factor * (tf.reduce_sum(tf.abs(w1)) + tf.reduce_sum(tf.abs(w2)))

    def candidate(batch):
        class MyL1Regularizer(keras.regularizers.Regularizer):
            def __init__(self, factor):
                self.factor = factor

            def __call__(self, weights):
                return tf.reduce_sum(tf.abs(self.factor * weights))

        reg = MyL1Regularizer(factor)
        z = batch["x"]
        extra = []
        for kernel, act in ((w1, keras.activations.selu), (w2, None)):
            z = tf.matmul(z, kernel)
            z = act(z) if act else z
            extra.append(reg(kernel))
        main = tf.reduce_mean(tf.square(tf.squeeze(z, -1) - batch["y"]))
        return tf.add_n([main] + extra)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y}, "variables": [w1, w2]}
