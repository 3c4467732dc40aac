"""Simple ODE tutorial: loss(x_BC, x_PDE) is called with the two point sets exchanged.
Source: https://github.com/jdtoscano94/NABLA-SciML/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "return loss(x_pde, x_bc)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    h = 6
    w1 = tf.Variable(rng.normal(size=(1, h)).astype(fx), name="w1")
    b1 = tf.Variable(rng.normal(size=(h,)).astype(fx), name="b1")
    w2 = tf.Variable(rng.normal(size=(h, 1)).astype(fx), name="w2")

    def reference(batch):
        xb, xp = batch["x_bc"], batch["x_pde"]
        edge = tf.tanh(xb @ w1 + b1) @ w2
        hidden = tf.tanh(xp @ w1 + b1)
        slope = ((1.0 - hidden ** 2) * w1) @ w2
        return tf.reduce_mean((edge - tf.sin(xb)) ** 2) + tf.reduce_mean((slope - tf.cos(xp)) ** 2)

    def candidate(batch):
        def net(x):
            return tf.matmul(tf.tanh(tf.matmul(x, w1) + b1), w2)

        def loss_bc(x):
            return tf.reduce_mean(tf.square(net(x) - tf.sin(x)))

        def loss_pde(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                f = net(x)
            f_x = tape.gradient(f, x)
            return tf.reduce_mean(tf.square(f_x - tf.cos(x)))

        def loss(points_bc, points_pde):
            return loss_bc(points_bc) + loss_pde(points_pde)

        x_bc, x_pde = batch["x_bc"], batch["x_pde"]
        return loss(x_pde, x_bc)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "x_bc": np.array([[0.0], [2 * np.pi]]).astype(fx),
            "x_pde": rng.uniform(0, 2 * np.pi, size=(8, 1)).astype(fx),
        },
        "variables": [w1, b1, w2],
    }
