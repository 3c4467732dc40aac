"""Diffusion PINN: the boundary targets are built as [[0]*N], shape (1, N), while the prediction is (N, 1); the difference silently becomes (N, N). The targets here are a sine at the boundary so that it matters. Source: https://github.com/frohrhofer/PINN_pareto/issues/1"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "u_BC = array2tensor([[float(v) for v in values]])",
    "same_forward_value": False,
}


def array2tensor(array):
    return tf.convert_to_tensor(np.asarray(array, dtype=np.float32))


class PhysicsInformedNN(tf.keras.Model):
    def __init__(self, kappa=0.3):
        super().__init__()
        self.hidden = [tf.keras.layers.Dense(10, activation="tanh") for _ in range(2)]
        self.out = tf.keras.layers.Dense(1)
        self.kappa = kappa

    def call(self, X):
        for layer in self.hidden:
            X = layer(X)
        return self.out(X)

    def residual(self, X):
        x, t = X[:, 0:1], X[:, 1:2]
        with tf.GradientTape(persistent=True) as t2:
            t2.watch([x, t])
            with tf.GradientTape(persistent=True) as t1:
                t1.watch([x, t])
                u = self(tf.concat([x, t], axis=1))
            u_x, u_t = t1.gradient(u, x), t1.gradient(u, t)
        u_xx = t2.gradient(u_x, x)
        return u_t - self.kappa * u_xx


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n = 8
    X_col = rng.uniform(size=(n, 2)).astype(np.float32)
    X_bc = np.stack([rng.integers(0, 2, size=n).astype(np.float32), rng.uniform(size=n).astype(np.float32)], axis=1)
    values = np.sin(3 * X_bc[:, 1]) + X_bc[:, 0]
    model = PhysicsInformedNN()
    model(X_col)
    alpha = 0.7

    def losses(batch, target):
        loss_f = tf.reduce_mean(tf.square(model.residual(batch["X_col"])))
        loss_bc = tf.reduce_mean(tf.square(model(batch["X_BC"]) - target))
        return alpha * loss_bc + (1 - alpha) * loss_f

    def reference(batch):
        return losses(batch, tf.constant(values[:, None], tf.float32))

    def candidate(batch):
        u_BC = array2tensor([[float(v) for v in values]])
        return losses(batch, u_BC)

    batch = {"X_col": X_col, "X_BC": X_bc}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": model.trainable_variables}
