"""Custom loss with f(x) = 1/(1-exp(-x)) - 1/x, 0.5 + x/12 near 0, by one tf.where: the branch that is not taken is infinite at x = 0
(padded rows) and its gradient times zero is NaN.
Source: https://example-a.com/answer/79042404"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "return tf.where(tf.abs(x) < 0.1, 0.5 + x / 12, 1 / (1 - tf.exp(-x)) - 1 / x)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w = tf.Variable(rng.normal(size=(4,)).astype(f), name="w")

    def reference(batch):
        def langevin(x):
            near = tf.abs(x) < 0.1
            safe = tf.where(near, tf.ones_like(x), x)
            far = -1.0 / tf.math.expm1(-safe) - 1.0 / safe
            return tf.where(near, 0.5 + x / 12.0, far)

        total, steps = 0.0, batch["x"].shape[1]
        for t in range(steps):
            x = tf.linalg.matvec(batch["x"][:, t], w)
            total += tf.reduce_sum(tf.square(langevin(x) + langevin(x + 2.0) - batch["y"][:, t]))
        return total / float(steps * batch["x"].shape[0])

    def candidate(batch):
        def fx(x):
            return tf.where(tf.abs(x) < 0.1, 0.5 + x / 12, 1 / (1 - tf.exp(-x)) - 1 / x)

        def custom_loss(y_true, x):
            y_pred = fx(x) + fx(x + 2.0)
            return tf.reduce_mean((y_true - y_pred) ** 2)

        return custom_loss(batch["y"], tf.einsum("btd,d->bt", batch["x"], w))

    x = rng.normal(size=(13, 6, 4))
    for i, length in enumerate(rng.integers(3, 6, 13)):
        x[i, length:] = 0.0          # the ragged rows, padded
    batch = {"x": x.astype(f), "y": rng.uniform(0, 2, (13, 6)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w]}
