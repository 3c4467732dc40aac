"""Implicit mode of a least-squares layer attaches its last Gauss-Newton step with the damped step size, which scales every gradient.
Source: https://github.com/facebookresearch/theseus/issues/39"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'return x_hat + self.step_size * self.newton_direction(x_hat, xs, ys, detach_hessian=True)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    tasks, points, hidden = 6, 10, 5
    x = rng.uniform(-1, 1, size=(tasks, points)).astype("float32")
    coefficients = rng.normal(size=(tasks, 2)).astype("float32")
    noise = 0.3 * rng.normal(size=(tasks, points)).astype("float32")
    y = (coefficients[:, :1] * x**2 + coefficients[:, 1:] + noise).astype("float32")

    w1 = tf.Variable(rng.normal(size=(2, hidden)).astype("float32"))
    w2 = tf.Variable(rng.normal(size=(hidden, 1)).astype("float32") * 0.7)

    def cost_weights(xs, ys):
        return tf.nn.softplus(tf.tanh(tf.stack([xs, ys], axis=-1) @ w1) @ w2)[..., 0] + 0.1

    def reference(batch):
        weight = cost_weights(batch["x"], batch["y"])
        design = tf.stack([batch["x"] ** 2, tf.ones_like(batch["x"])], axis=-1)
        weighted = design * weight[..., None]
        normal = tf.matmul(weighted, weighted, transpose_a=True)
        moment = tf.matmul(weighted, (weight * batch["y"])[..., None], transpose_a=True)
        fitted = tf.linalg.solve(normal, moment)[..., 0]
        return tf.reduce_mean(tf.reduce_sum((fitted - batch["coefficients"]) ** 2, axis=-1))

    class TheseusLayer:
        def __init__(self, max_iterations, step_size):
            self.max_iterations = max_iterations
            self.step_size = step_size

        def newton_direction(self, x_hat, xs, ys, detach_hessian=False):
            weight = cost_weights(xs, ys)
            a, b = x_hat[:, 0:1], x_hat[:, 1:2]
            err = weight * (a * xs**2 + b - ys)
            jac = tf.stack([weight * xs**2, weight], axis=-1)
            hessian = tf.einsum("tpi,tpj->tij", jac, jac)
            if detach_hessian:
                hessian = tf.stop_gradient(hessian)
            rhs = -tf.einsum("tpi,tp->ti", jac, err)
            return tf.linalg.solve(hessian, rhs[..., None])[..., 0]

        def forward(self, x_hat, xs, ys):
            for _ in range(self.max_iterations):
                x_hat = x_hat + self.step_size * self.newton_direction(x_hat, xs, ys)
            x_hat = tf.stop_gradient(x_hat)
            return x_hat + self.step_size * self.newton_direction(x_hat, xs, ys, detach_hessian=True)

    layer = TheseusLayer(max_iterations=25, step_size=0.5)

    def candidate(batch):
        solution = layer.forward(tf.zeros((tasks, 2)), batch["x"], batch["y"])
        return tf.reduce_sum(tf.square(solution - batch["coefficients"])) / tasks

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y, "coefficients": coefficients}, "variables": [w1, w2]}
