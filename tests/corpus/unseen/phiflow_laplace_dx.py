"""Diffusion residual: the second order central difference is divided by dx and not by dx squared.

Source (real): https://github.com/tum-pbs/PhiFlow/pull/48 (Python, ported; merged into 2.0.3).
Right answer: NOT equivalent; the diffusion term is weaker by the factor dx.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "result.append((left + right - 2.0 * center) / dx)",
    "same_forward_value": False,
}

_DX = (0.5, 0.8)
_NU, _DT = 0.1, 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, ny, nx, d = 17, 6, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    basis = 0.5 * arr(d, ny, nx)
    coef = tf.Variable(0.5 * arr(3, d), name="coef")
    bias = tf.Variable(0.1 * arr(d), name="coef_bias")
    batch = {"param": arr(n, 3), "u0": arr(n, ny, nx)}

    def solution(param):
        return tf.einsum("nd,dyx->nyx", tf.tanh(param @ coef + bias), basis)

    def reference(b):
        u = solution(b["param"])
        res = (u - b["u0"]) / _DT
        uxx = (tf.roll(u, -1, 2) - 2.0 * u + tf.roll(u, 1, 2)) / _DX[1] ** 2
        uyy = (tf.roll(u, -1, 1) - 2.0 * u + tf.roll(u, 1, 1)) / _DX[0] ** 2
        return tf.reduce_mean(tf.square(res - _NU * (uxx + uyy)))

    def candidate(b):
        def shift(x, offsets, dim):
            size = x.shape[dim]
            return [tf.gather(x, (np.arange(size) + o) % size, axis=dim) for o in offsets]

        def laplace(x, dxs, dims):
            result = []
            for dim, dx in zip(dims, dxs):
                left, center, right = shift(x, (-1, 0, 1), dim)
                result.append((left + right - 2.0 * center) / dx)
            return tf.add_n(result)

        u = solution(b["param"])
        residual = (u - b["u0"]) / _DT - _NU * laplace(u, _DX, (1, 2))
        return tf.reduce_mean(residual * residual)

    return {"variables": [coef, bias], "batch": batch, "reference": reference, "candidate": candidate}
