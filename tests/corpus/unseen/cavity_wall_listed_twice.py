"""Lid-driven cavity: the list of boundary conditions holds wallb_x twice, so that the normal velocity at the bottom is never enforced.
Source: https://github.com/lululxvi/deepxde/issues/80"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "bcs = [inlet_x, inlet_y, wallb_x, wallb_x, wallsv_x, wallsv_y]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, width = 18, 7
    w1 = tf.Variable(rng.normal(size=(2, width)), dtype=f, name="w1")
    w2 = tf.Variable(rng.normal(size=(width, 3)) * 0.7, dtype=f, name="w2")
    b2 = tf.Variable(rng.normal(size=(3,)) * 0.5, dtype=f, name="b2")
    s = lambda k: rng.uniform(size=(k, 1))
    sides = s(8)
    batch = {
        "interior": rng.uniform(size=(n, 2)).astype(f),
        "lid": np.hstack([s(6), np.ones((6, 1))]).astype(f),
        "bottom": np.hstack([s(5), np.zeros((5, 1))]).astype(f),
        "sides": np.hstack([(np.arange(8) % 2)[:, None], sides]).astype(f),
    }

    def net(x):
        return tf.matmul(tf.tanh(tf.matmul(x, w1)), w2) + b2

    def reference(batch):
        xy = batch["interior"]
        with tf.GradientTape() as t:
            t.watch(xy)
            y = net(xy)
        jac = t.batch_jacobian(y, xy)
        loss = tf.reduce_mean((jac[:, 0, 0] + jac[:, 1, 1] + 1e-2 * y[:, 2]) ** 2)
        for side, velocity in (("lid", (1.0, 0.0)), ("bottom", (0.0, 0.0)), ("sides", (0.0, 0.0))):
            wall = net(batch[side])[:, :2] - tf.constant([velocity], f)
            loss += tf.reduce_sum(tf.reduce_mean(wall ** 2, axis=0))
        return loss

    def candidate(batch):
        class DirichletBC:
            def __init__(self, points, value, component):
                self.points, self.value, self.component = points, value, component

            def error(self):
                return net(self.points)[:, self.component] - self.value

        def navier_stokes(x):
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(x)
                y = net(x)
                u, v = y[:, 0:1], y[:, 1:2]
            u_x = tape.gradient(u, x)[:, 0:1]
            v_y = tape.gradient(v, x)[:, 1:2]
            return [u_x + v_y + 1e-2 * y[:, 2:3]]

        inlet_x = DirichletBC(batch["lid"], 1.0, component=0)
        inlet_y = DirichletBC(batch["lid"], 0.0, component=1)
        wallb_x = DirichletBC(batch["bottom"], 0.0, component=0)
        wallb_y = DirichletBC(batch["bottom"], 0.0, component=1)
        wallsv_x = DirichletBC(batch["sides"], 0.0, component=0)
        wallsv_y = DirichletBC(batch["sides"], 0.0, component=1)
        bcs = [inlet_x, inlet_y, wallb_x, wallb_x, wallsv_x, wallsv_y]
        losses = [tf.reduce_mean(tf.square(r)) for r in navier_stokes(batch["interior"])]
        losses += [tf.reduce_mean(tf.square(bc.error())) for bc in bcs]
        return tf.add_n(losses)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2, b2]}
