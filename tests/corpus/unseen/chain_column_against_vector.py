"""Generic fit! of a regressor: the network gives a batch x 1 matrix, the labels are a vector of length batch.
The difference of the two is a batch x batch matrix whose mean is taken without a complaint.
Source: https://github.com/FluxML/MLJFlux.jl/issues/152"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "return agg((yhat - y) ** 2)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, h = 24, 5, 7
    x = rng.normal(size=(n, d)).astype(f)
    y = (x[:, 0] ** 2 + x[:, 1] * x[:, 2] - 4 * x[:, 3]).astype(f)
    start = 0.3 * rng.normal(size=(d, h))
    start[3] -= 0.8
    w1 = tf.Variable(start.astype(f), name="w1")
    b1 = tf.Variable((0.1 * rng.normal(size=(h,))).astype(f), name="b1")
    w2 = tf.Variable(rng.uniform(0.2, 0.9, size=(h, 1)).astype(f), name="w2")
    size = 8

    def chain(z):
        return tf.nn.tanh(z @ w1 + b1) @ w2

    def reference(batch):
        total = 0.0
        for i in range(n):
            out = chain(batch["x"][i:i + 1])
            total += tf.square(out[0, 0] - batch["y"][i])
        return total / n

    def candidate(batch):
        def mse(yhat, y, agg=tf.reduce_mean):
            return agg((yhat - y) ** 2)

        losses = []
        for start in range(0, n, size):
            xb = batch["x"][start:start + size]
            yb = batch["y"][start:start + size]
            losses.append(mse(chain(xb), yb))
        return tf.add_n(losses) / len(losses)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y}, "variables": [w1, b1, w2]}
