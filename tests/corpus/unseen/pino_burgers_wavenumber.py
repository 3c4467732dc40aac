"""Burgers residual of a neural operator: derivatives in x by FFT with the factor 2j * pi * k instead of j * k.

Source (real): https://github.com/neuraloperator/physics_informed/issues/3 (PyTorch, ported: FDM_Burgers; asked as a possible error,
the maintainer confirmed the code: the domain is [0, 1]).
Right answer: EQUIVALENT to differentiating the trigonometric interpolant on [0, 1).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_NU = 0.01


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, nt, nx, d = 12, 5, 8, 3
    dt = 1.0 / (nt - 1)
    w1 = tf.Variable(0.6 * rng.standard_normal((d, 6)).astype(f), name="operator_in")
    w2 = tf.Variable(0.4 * rng.standard_normal((6, nt * nx)).astype(f), name="operator_out")
    u0_map = rng.standard_normal((d, nx)) * 0.5
    a = rng.standard_normal((n, d))
    batch = {"a": a.astype(f), "u0": (a @ u0_map).astype(f)}

    def model(x):
        return tf.reshape(tf.tanh(x @ w1) @ w2, [-1, nt, nx])

    def reference(b):
        u = model(b["a"])
        grid = np.arange(nx) / nx
        ux, uxx = tf.zeros_like(u), tf.zeros_like(u)
        for k in range(1, nx // 2 + 1):
            c, s = np.cos(2 * np.pi * k * grid).astype(f), np.sin(2 * np.pi * k * grid).astype(f)
            half = 0.5 if k == nx // 2 else 1.0
            even = half * 2 / nx * tf.reduce_sum(u * c, axis=-1, keepdims=True)
            odd = half * 2 / nx * tf.reduce_sum(u * s, axis=-1, keepdims=True)
            freq = 2 * np.pi * k
            ux += freq * (odd * c - even * s)
            uxx += -(freq**2) * (even * c + odd * s)
        residual = 0.0
        for t in range(1, nt - 1):
            ut = (u[:, t + 1] - u[:, t - 1]) / (2 * dt)
            residual += tf.reduce_mean((ut + u[:, t] * ux[:, t] - _NU * uxx[:, t]) ** 2) / (nt - 2)
        return residual + 5.0 * tf.reduce_mean((u[:, 0] - b["u0"]) ** 2)

    def candidate(b):
        def FDM_Burgers(u, v):
            k_max = nx // 2
            k_x = np.concatenate([np.arange(0, k_max), np.arange(-k_max, 0)]).reshape(1, 1, nx)
            ctype = tf.complex64 if u.dtype == tf.float32 else tf.complex128
            u_h = tf.signal.fft(tf.cast(u, ctype))
            ux_h = tf.constant(2j * np.pi * k_x, ctype) * u_h
            uxx_h = tf.constant(2j * np.pi * k_x, ctype) * ux_h
            ux = tf.signal.irfft(ux_h[:, :, : k_max + 1], fft_length=[nx])
            uxx = tf.signal.irfft(uxx_h[:, :, : k_max + 1], fft_length=[nx])
            ut = (u[:, 2:, :] - u[:, :-2, :]) / (2 * dt)
            return ut + (ux * u - uxx * v)[:, 1:-1, :]

        u = model(b["a"])
        loss_u = tf.reduce_mean(tf.square(u[:, 0, :] - b["u0"]))
        loss_f = tf.reduce_mean(tf.square(FDM_Burgers(u, _NU)))
        return 5.0 * loss_u + loss_f

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
