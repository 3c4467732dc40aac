"""Poisson operator loss: the weight of the interior residual is added instead of multiplied.

Source (real): https://github.com/neuraloperator/neuraloperator/pull/619 (PyTorch, ported).
Right answer: NOT equivalent; the added weight is a constant, so the residual is trained with weight one.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'weighted_interior = interior_weight + interior_loss',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, h, wd = 14, 4, 6, 7
    interior_weight, boundary_weight = 0.2, 3.0

    w = tf.Variable(0.5 * arr(d, h * wd), name="branch")
    kern = tf.Variable(0.3 * arr(h * wd), name="trunk")
    batch = {"a": arr(n, d), "source": arr(n, h, wd), "edge": arr(n, h, wd)}

    def operator(a):
        return tf.reshape(tf.tanh(a @ w + kern), [-1, h, wd])

    def reference(b):
        u = operator(b["a"])
        stencil = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], dtype=f)[:, :, None, None]
        lap = tf.nn.conv2d(u[..., None], stencil, strides=1, padding="VALID")[..., 0]
        inside = tf.reduce_mean((lap - b["source"][:, 1:-1, 1:-1]) ** 2)
        rim = np.ones((h, wd), f)
        rim[1:-1, 1:-1] = 0.0
        edge = tf.reduce_sum(rim * (u - b["edge"]) ** 2) / (u.shape[0] * rim.sum())
        return interior_weight * inside + boundary_weight * edge

    def candidate(b):
        class PoissonEqnLoss:
            def interior(self, u, source):
                u_xx = u[:, 2:, 1:-1] - 2 * u[:, 1:-1, 1:-1] + u[:, :-2, 1:-1]
                u_yy = u[:, 1:-1, 2:] - 2 * u[:, 1:-1, 1:-1] + u[:, 1:-1, :-2]
                return tf.reduce_mean(tf.square(u_xx + u_yy - source[:, 1:-1, 1:-1]))

            def boundary(self, u, edge):
                err = tf.square(u - edge)
                rows = [err[:, 0], err[:, -1]]
                cols = [err[:, 1:-1, 0], err[:, 1:-1, -1]]
                return tf.reduce_mean(tf.concat(rows + cols, axis=1))

            def __call__(self, u, source, edge):
                interior_loss = self.interior(u, source)
                weighted_interior = interior_weight + interior_loss
                weighted_boundary = boundary_weight * self.boundary(u, edge)
                return weighted_interior + weighted_boundary

        return PoissonEqnLoss()(operator(b["a"]), b["source"], b["edge"])

    return {"variables": [w, kern], "batch": batch, "reference": reference, "candidate": candidate}
