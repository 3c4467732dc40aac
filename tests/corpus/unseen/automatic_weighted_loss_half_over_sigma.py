"""A user doubts that 0.5 / sigma**2 is the paper's 1 / (2 sigma**2) in the automatically weighted multi-task
loss; it is, operator precedence makes them the same.
Source: https://github.com/Mikoto10032/AutomaticWeightedLoss/issues/10"""
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
    n, d, tasks = 17, 4, 3
    params = tf.Variable(rng.uniform(0.6, 1.6, tasks).astype(f), name="sigma")
    w = tf.Variable(rng.standard_normal((d, tasks)).astype(f), name="heads")
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "y": (rng.standard_normal((n, tasks)) * [1.0, 3.0, 0.3]).astype(f),
    }

    def reference(b):
        mse = tf.reduce_mean((b["x"] @ w - b["y"]) ** 2, axis=0)
        variance = params ** 2
        return tf.reduce_sum(1 / (2 * variance) * mse) + tf.reduce_sum(tf.math.log(1 + variance))

    def candidate(b):
        class AutomaticWeightedLoss:
            def __init__(self, params):
                self.params = params

            def forward(self, *x):
                loss_sum = 0
                for i, loss in enumerate(x):
                    loss_sum += 0.5 / (self.params[i] ** 2) * loss + tf.math.log(1 + self.params[i] ** 2)
                return loss_sum

        losses = []
        for i in range(tasks):
            pred = tf.linalg.matvec(b["x"], w[:, i])
            losses.append(keras.losses.mean_squared_error(b["y"][:, i], pred))
        return AutomaticWeightedLoss(params).forward(*losses)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [params, w]}
