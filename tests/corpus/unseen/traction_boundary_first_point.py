"""Elasticity PINN: the prescribed traction uses x[0], the first boundary point with both coordinates, instead of the column x[:, 0:1].
Source: https://github.com/lululxvi/deepxde/issues/1442"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "bc_top_syy = DirichletBC(lambda x: (2 * mu + lam) * Q * tf.sin(np.pi * x[0]))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h = 15, 6
    lam, mu, Q = 1.0, 0.5, 4.0
    top = np.stack([rng.uniform(0, 1, n), np.ones(n)], axis=1).astype(f)
    inside = rng.uniform(0, 1, (n, 2)).astype(f)
    w1 = tf.Variable(rng.standard_normal((2, h)), dtype=f, name="w1")
    w2 = tf.Variable(rng.standard_normal((h, 1)), dtype=f, name="w2")

    def net(points):
        return tf.tanh(points @ w1) @ w2

    def reference(batch):
        sx = tf.sin(np.pi * batch["top"][:, 0:1])
        traction = net(batch["top"]) - (lam + 2 * mu) * Q * sx
        smooth = net(batch["inside"])
        return tf.reduce_mean(traction ** 2) + 0.1 * tf.reduce_mean(smooth ** 2)

    def candidate(batch):
        class DirichletBC:
            def __init__(self, func):
                self.func = func

            def error(self, points):
                return net(points) - self.func(points)

        bc_top_syy = DirichletBC(lambda x: (2 * mu + lam) * Q * tf.sin(np.pi * x[0]))
        bc_zero = DirichletBC(lambda x: tf.zeros((x.shape[0], 1), dtype=f))
        terms = [(1.0, bc_top_syy.error(batch["top"])), (0.1, bc_zero.error(batch["inside"]))]
        return tf.add_n([weight * tf.reduce_mean(tf.square(err)) for weight, err in terms])

    return {"reference": reference, "candidate": candidate, "batch": {"top": top, "inside": inside},
            "variables": [w1, w2]}
