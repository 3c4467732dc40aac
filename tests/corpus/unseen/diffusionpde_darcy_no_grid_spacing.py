"""Darcy residual: the central-difference stencil is not divided by the grid spacing, so the derivatives are off by a factor of h.

Source (real): https://github.com/jhhuangchloe/DiffusionPDE/issues/13 (get_darcy_loss, PyTorch, ported).
Right answer: NOT equivalent. The divergence is a second derivative and too small by h^2, but the source term 1 is not scaled.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "stencil = tf.constant([-1.0, 0.0, 1.0], dtype=a.dtype) / 2",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, size, modes = 12, 8, 3
    xs = np.linspace(0.0, 1.0, size)

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    basis = np.stack([np.outer(np.sin((k + 1) * xs), np.sin((k + 2) * xs)) for k in range(modes)]).astype(f)
    coef = tf.Variable(0.5 * arr(modes, modes), name="coef")
    offset = tf.Variable(0.5 * arr(modes), name="offset")
    batch = {"code": arr(n, modes), "a": (3.0 + 9.0 * (rng.random((n, size, size)) > 0.5)).astype(f) / 10}

    def solution(code):
        return tf.einsum("nk,khw->nhw", tf.tanh(code @ coef + offset), basis)

    def reference(b):
        u, a = solution(b["code"]), b["a"]
        h = 1.0 / (size - 1)

        def at(field, i, j):
            return field[:, i, j]

        flux_x, flux_y = {}, {}
        for i in range(1, size - 1):
            for j in range(1, size - 1):
                flux_x[i, j] = at(a, i, j) * (at(u, i, j + 1) - at(u, i, j - 1)) / (2 * h)
                flux_y[i, j] = at(a, i, j) * (at(u, i + 1, j) - at(u, i - 1, j)) / (2 * h)
        residuals = []
        for i in range(2, size - 2):
            for j in range(2, size - 2):
                div = (flux_x[i, j + 1] - flux_x[i, j - 1] + flux_y[i + 1, j] - flux_y[i - 1, j]) / (2 * h)
                residuals.append(div + 1.0)
        return tf.reduce_mean(tf.square(tf.stack(residuals)))

    def candidate(b):
        def get_darcy_loss(a, u):
            stencil = tf.constant([-1.0, 0.0, 1.0], dtype=a.dtype) / 2
            deriv_x = tf.reshape(stencil, [1, 3, 1, 1])
            deriv_y = tf.reshape(stencil, [3, 1, 1, 1])
            grad_x = tf.nn.conv2d(u[..., None], deriv_x, 1, "VALID")[:, 1:-1]
            grad_y = tf.nn.conv2d(u[..., None], deriv_y, 1, "VALID")[:, :, 1:-1]
            inner = a[:, 1:-1, 1:-1, None]
            div_x = tf.nn.conv2d(inner * grad_x, deriv_x, 1, "VALID")[:, 1:-1]
            div_y = tf.nn.conv2d(inner * grad_y, deriv_y, 1, "VALID")[:, :, 1:-1]
            return div_x + div_y + 1.0

        pde_loss = get_darcy_loss(b["a"], solution(b["code"]))
        return tf.reduce_mean(tf.square(pde_loss))

    return {"variables": [coef, offset], "batch": batch, "reference": reference, "candidate": candidate}
