"""PINO Burgers: suspicion that one FFT, wave numbers and inverse FFT are no correct u_x / u_xx of the predicted grid; they are.
Source: https://github.com/neuraloperator/physics_informed/issues/20"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, nt, nx, hid, nu = 3, 5, 8, 6, 0.01
    l1 = keras.layers.Dense(hid, activation="tanh", name="l1")
    l2 = keras.layers.Dense(1, name="l2")
    l1.build((None, None, None, 3))
    l2.build((None, None, None, hid))

    def reference(batch):
        u = l2(l1(batch["grid"]))[..., 0]
        # trigonometric interpolation on the periodic unit interval, an even number of nodes
        D1 = np.zeros((nx, nx)); D2 = np.zeros((nx, nx))
        for i in range(nx):
            for j in range(nx):
                for k in range(-nx // 2 + 1, nx // 2):
                    ph = 2 * np.pi * k * (i - j) / nx
                    D1[i, j] += -2 * np.pi * k * np.sin(ph) / nx
                    D2[i, j] += -(2 * np.pi * k) ** 2 * np.cos(ph) / nx
                D2[i, j] += -(np.pi * nx) ** 2 * np.cos(np.pi * (i - j)) / nx
        ux = tf.einsum("btj,ij->bti", u, tf.constant(D1.astype(f)))
        uxx = tf.einsum("btj,ij->bti", u, tf.constant(D2.astype(f)))
        dt = 1.0 / (nt - 1)
        res = [(u[:, k + 1] - u[:, k - 1]) / (2 * dt) + u[:, k] * ux[:, k] - nu * uxx[:, k] for k in range(1, nt - 1)]
        f_loss = tf.reduce_mean(tf.stack(res, axis=1) ** 2)
        return f_loss + tf.reduce_mean((u[:, 0] - batch["u0"]) ** 2)

    def candidate(batch):
        def fdm_burgers(u, v, D=1.0):
            dt = D / (nt - 1)
            cplx = tf.complex64 if u.dtype == tf.float32 else tf.complex128
            u_h = tf.signal.fft(tf.cast(u, cplx))
            k_max = nx // 2
            k_x = np.concatenate([np.arange(0, k_max), np.arange(-k_max, 0)]).reshape(1, 1, nx)
            ik = tf.constant(2j * np.pi * k_x, cplx)
            ux_h = ik * u_h
            uxx_h = ik * ux_h
            ux = tf.math.real(tf.signal.ifft(ux_h))
            uxx = tf.math.real(tf.signal.ifft(uxx_h))
            ut = (u[:, 2:, :] - u[:, :-2, :]) / (2 * dt)
            return ut + (ux * u - v * uxx)[:, 1:-1, :]

        pred = tf.squeeze(l2(l1(batch["grid"])), axis=-1)
        Du = fdm_burgers(pred, nu)
        loss_f = tf.reduce_mean(tf.square(Du))
        loss_ic = tf.reduce_mean(tf.square(pred[:, 0, :] - batch["u0"]))
        return loss_ic + loss_f

    return {"reference": reference, "candidate": candidate,
            "batch": {"grid": rng.standard_normal((n, nt, nx, 3)).astype(f),
                      "u0": rng.standard_normal((n, nx)).astype(f)},
            "variables": l1.trainable_variables + l2.trainable_variables}
