"""PINO for the Burgers equation: the initial condition is picked with an index vector of nx zeros, suspected to need nt zeros.

Source (real): https://github.com/neuraloperator/physics_informed/issues/21 (train_utils/losses.py, PyTorch, ported).
Right answer: EQUIVALENT to u[:, 0, :]: the time index is paired with the nx positions in x, so it must have nx entries. The spectral derivatives of
the reference are matrices that were computed beforehand.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_V = 0.02


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, nt, nx, feat = 12, 5, 8, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(nx, feat), name="lift_w")
    w2 = tf.Variable(0.3 * arr(feat, nt * nx), name="project_w")
    batch = {"u0": (0.6 * arr(n, nx)).astype(f)}
    k = np.concatenate([np.arange(nx // 2), np.arange(-nx // 2, 0)])
    spec = 2j * np.pi * k[:, None] * np.fft.fft(np.eye(nx), axis=0)
    first = np.fft.irfft(spec[: nx // 2 + 1], n=nx, axis=0).astype(f)
    second = np.fft.irfft((2j * np.pi * k[:, None] * spec)[: nx // 2 + 1], n=nx, axis=0).astype(f)

    def operator(u0):
        return tf.reshape(tf.tanh(u0 @ w1) @ w2, [-1, nt, nx])

    def reference(b):
        u = operator(b["u0"])
        data = tf.reduce_mean(tf.square(u[:, 0, :] - b["u0"]))
        residuals = []
        for t in range(1, nt - 1):
            u_t = (u[:, t + 1] - u[:, t - 1]) * (nt - 1) / 2.0
            residuals.append(u_t + u[:, t] * (u[:, t] @ first.T) - _V * (u[:, t] @ second.T))
        return data + 0.01 * tf.reduce_mean(tf.square(tf.stack(residuals)))

    def candidate(b):
        def fdm_burgers(u, v, D=1):
            ctype = tf.complex128 if u.dtype == tf.float64 else tf.complex64
            dt = D / (nt - 1)
            u_h = tf.signal.fft(tf.cast(u, ctype))
            k_max = nx // 2
            k_x = tf.concat([tf.range(0, k_max), tf.range(-k_max, 0)], 0)
            k_x = tf.cast(tf.reshape(k_x, [1, 1, nx]), ctype)
            ux_h = 2j * np.pi * k_x * u_h
            uxx_h = 2j * np.pi * k_x * ux_h
            ux = tf.signal.irfft(ux_h[:, :, : k_max + 1], fft_length=[nx])
            uxx = tf.signal.irfft(uxx_h[:, :, : k_max + 1], fft_length=[nx])
            ut = (u[:, 2:, :] - u[:, :-2, :]) / (2 * dt)
            return ut + (ux * u - v * uxx)[:, 1:-1, :]

        def pino_loss(u, u0, v):
            index_t = tf.zeros([nx], tf.int32)
            index_x = tf.range(nx)
            where = tf.tile(tf.stack([index_t, index_x], axis=1)[None], [tf.shape(u)[0], 1, 1])
            boundary_u = tf.gather_nd(u, where, batch_dims=1)
            loss_u = tf.reduce_mean((boundary_u - u0) ** 2)
            du = fdm_burgers(u, v)
            loss_f = tf.reduce_mean((du - tf.zeros_like(du)) ** 2)
            return loss_u, loss_f

        loss_ic, loss_f = pino_loss(operator(b["u0"]), b["u0"], _V)
        return loss_ic + 0.01 * loss_f

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
