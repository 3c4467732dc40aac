"""PINN for an ODE system: a reader doubts the sum over collocation points inside the gradient; points do not mix.
Source: https://github.com/ASEM000/Physics-informed-neural-network-in-JAX/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, h = 6, 7
    w1 = tf.Variable(rng.normal(size=(1, h)).astype(fx), name="w1")
    b1 = tf.Variable((0.3 * rng.normal(size=(h,))).astype(fx), name="b1")
    w2 = tf.Variable((0.5 * rng.normal(size=(h, 2))).astype(fx), name="w2")

    def net(t):
        return tf.matmul(tf.tanh(tf.matmul(t, w1) + b1), w2)

    def reference(batch):
        a = tf.tanh(batch["t"] * w1 + b1)
        y = a @ w2
        dy = ((1 - a ** 2) * w1) @ w2
        r1 = dy[:, 0] - y[:, 0]
        r2 = dy[:, 1] - y[:, 0] + y[:, 1]
        start = net(tf.zeros((1, 1), batch["t"].dtype))[0]
        ic = (start[0] - 1.0) ** 2 + start[1] ** 2
        return tf.reduce_mean(r1 ** 2) + tf.reduce_mean(r2 ** 2) + ic

    def candidate(batch):
        t = batch["t"]
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(t)
            y1, y2 = tf.split(net(t), 2, axis=1)
            sum1, sum2 = tf.reduce_sum(y1), tf.reduce_sum(y2)
        y1_t = tape.gradient(sum1, t)
        y2_t = tape.gradient(sum2, t)
        residuals = (y1_t - y1, y2_t - y1 + y2)
        ode_loss = tf.add_n([tf.reduce_mean(tf.square(r)) for r in residuals])
        initial = net(tf.zeros_like(t[:1]))
        condition = tf.reduce_sum(tf.square(initial - tf.constant([[1.0, 0.0]], initial.dtype)))
        return ode_loss + condition

    return {"reference": reference, "candidate": candidate,
            "batch": {"t": rng.uniform(0, 1.5, size=(n, 1)).astype(fx)}, "variables": [w1, b1, w2]}
