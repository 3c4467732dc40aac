"""PINN periodic boundary: the outputs on the left and right side are stacked, then reshaped to (-1, 2) as if they were interleaved.

Source (real): https://github.com/lululxvi/deepxde/pull/27 (TensorFlow 1, ported; the thread says it is right in 1-D with one point per side, but not in 2-D).
Right answer: NOT equivalent; neighbouring points of the same side are pulled together.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "outputs = tf.reshape(outputs, [-1, 2])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, hid = 14, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.8 * arr(2, hid), name="pinn_w1")
    b1 = tf.Variable(0.3 * arr(hid), name="pinn_b1")
    w2 = tf.Variable(0.8 * arr(hid, 1), name="pinn_w2")
    batch = {"domain": rng.random((n, 2)).astype(f), "y_bc": rng.random((n, 1)).astype(f)}

    def net(x):
        return tf.tanh(x @ w1 + b1) @ w2

    def advection(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            u = net(x)
        g = tape.gradient(u, x)
        return g[:, 1:] + 0.7 * g[:, :1] - tf.sin(3.0 * x[:, :1])

    def reference(b):
        y = b["y_bc"]
        u_left = net(tf.concat([tf.zeros_like(y), y], 1))
        u_right = net(tf.concat([tf.ones_like(y), y], 1))
        pde = tf.reduce_mean(tf.square(advection(b["domain"])))
        return pde + tf.reduce_mean(tf.square(u_left - u_right))

    def candidate(b):
        class PeriodicBC:
            def __init__(self, component_x, component=0):
                self.component_x, self.component = component_x, component

            def collocation_points(self, y):
                X1 = tf.concat([tf.zeros_like(y), y], axis=1)
                X2 = tf.concat([tf.ones_like(y), y], axis=1)
                return tf.concat([X1, X2], axis=0)

            def error(self, outputs, beg, end):
                outputs = outputs[beg:end, self.component : self.component + 1]
                outputs = tf.reshape(outputs, [-1, 2])
                return outputs[:, 0:1] - outputs[:, 1:]

        bc = PeriodicBC(component_x=0)
        X_bc = bc.collocation_points(b["y_bc"])
        train_x = tf.concat([X_bc, b["domain"]], axis=0)
        outputs = net(train_x)
        error_bc = bc.error(outputs, 0, X_bc.shape[0])
        error_f = advection(train_x[X_bc.shape[0] :])
        return tf.reduce_mean(tf.square(error_f)) + tf.reduce_mean(tf.square(error_bc))

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
