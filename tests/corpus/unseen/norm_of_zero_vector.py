"""The gradient of a 2-norm at zero is nan (sqrt has an infinite slope there, times zero); here the slack vectors of some
samples are exactly zero.
Source: https://github.com/pytorch/pytorch/issues/2421"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "return tf.sqrt(tf.reduce_sum(tf.square(x), axis=1))",
    "same_forward_value": True,
}


def norm(x):
    """x.norm(2, 1)"""
    return tf.sqrt(tf.reduce_sum(tf.square(x), axis=1))


class LineSearchObjective:
    def __init__(self, A, b):
        self.A, self.b = A, b

    def residual(self, x):
        return tf.linalg.matvec(self.A, x, transpose_a=True) + self.b

    def __call__(self, x, upper):
        violation = tf.nn.relu(self.residual(x) - upper)
        return tf.reduce_mean(norm(violation)) + 0.1 * tf.reduce_mean(self.residual(x) ** 2)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    A = tf.Variable(rng.standard_normal((4, 3)).astype(f), name="A")
    b = tf.Variable((0.1 * rng.standard_normal(3)).astype(f), name="b")
    objective = LineSearchObjective(A, b)

    def reference(batch):
        r = batch["x"] @ A + b
        over = tf.maximum(r - batch["upper"], 0.0)
        sq = tf.einsum("nc,nc->n", over, over)
        active = sq > 0
        length = tf.where(active, tf.sqrt(tf.where(active, sq, tf.ones_like(sq))), tf.zeros_like(sq))
        return tf.reduce_mean(length) + tf.reduce_mean(tf.square(r)) / 10

    def candidate(batch):
        return objective(batch["x"], batch["upper"])

    upper = rng.standard_normal((12, 3))
    upper[::4] = 50.0
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((12, 4)).astype(f), "upper": upper.astype(f)}, "variables": [A, b]}
