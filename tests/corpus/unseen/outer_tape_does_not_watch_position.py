"""Schroedinger PINN: only the inner tape watches x, so the second derivative of psi comes back as nothing.
Source: https://coderapp.vercel.app/answer/78712449"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'with tf.GradientTape(persistent=True) as tape2:',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    x = rng.uniform(-3, 3, size=(20, 1))
    wide = keras.initializers.RandomNormal(stddev=0.7)
    model = keras.Sequential([keras.layers.Dense(10, activation="tanh", kernel_initializer=wide, dtype="float64"),
                              keras.layers.Dense(10, activation="tanh", kernel_initializer=wide, dtype="float64"),
                              keras.layers.Dense(1, activation=None, kernel_initializer=wide, dtype="float64")])
    model.build((None, 1))
    energy = tf.Variable(0.7, dtype=tf.float64)

    def harmonic_oscillator_potential(x):
        return 0.5 * tf.square(x)

    def reference(batch):
        w = [v.value for v in model.trainable_variables]
        value, d1, d2 = batch["x"], tf.ones_like(batch["x"]), tf.zeros_like(batch["x"])
        # carry (psi, psi', psi'') through the layers
        for k, (kernel, bias) in enumerate(zip(w[0::2], w[1::2])):
            value, d1, d2 = value @ kernel + bias, d1 @ kernel, d2 @ kernel
            if k < 2:
                t = tf.tanh(value)
                value, d1, d2 = t, (1 - t ** 2) * d1, (1 - t ** 2) * d2 - 2 * t * (1 - t ** 2) * d1 ** 2
        residual = -d2 + (harmonic_oscillator_potential(batch["x"]) - energy) * value
        return tf.reduce_mean(residual ** 2)

    class QuantumPINNSolver:
        def __init__(self, potential_func):
            self.potential_func = potential_func
            self.model = model

        def schrodinger_loss(self, x, E):
            with tf.GradientTape(persistent=True) as tape2:
                with tf.GradientTape(persistent=True) as tape1:
                    tape1.watch(x)
                    psi = self.model(x)
                dpsi_dx = tape1.gradient(psi, x)
            d2psi_dx2 = tape2.gradient(dpsi_dx, x, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            V_x = self.potential_func(x)
            schrodinger_eq = -d2psi_dx2 + (V_x - E) * psi
            return tf.reduce_mean(tf.square(schrodinger_eq))

    solver = QuantumPINNSolver(potential_func=harmonic_oscillator_potential)

    def candidate(batch):
        return solver.schrodinger_loss(tf.identity(batch["x"]), energy)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x},
            "variables": [v.value for v in model.trainable_variables] + [energy]}
