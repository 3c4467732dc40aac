"""DiffusionPDE: the central difference uses [1, 0, -1] with a cross-correlation, i.e. minus the derivative; in Burgers' residual the first derivatives then have the wrong sign against the second one. Source: https://github.com/jhhuangchloe/DiffusionPDE/issues/5"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "deriv = tf.constant([1.0, 0.0, -1.0]) / 2.0",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, steps, points, nu = 4, 7, 10, 0.4
    dx, dt = 0.5, 0.5
    denoiser = tf.keras.Sequential([
        tf.keras.layers.Input((steps, points, 1)),
        tf.keras.layers.Conv2D(8, 3, padding="same", activation="silu"),
        tf.keras.layers.Conv2D(1, 3, padding="same"),
    ])

    def reference(batch):
        u = denoiser(batch["noisy"])[..., 0]
        u_t = (u[:, 2:, 1:-1] - u[:, :-2, 1:-1]) / (2 * dt)
        flux = 0.5 * u ** 2
        f_x = (flux[:, 1:-1, 2:] - flux[:, 1:-1, :-2]) / (2 * dx)
        u_xx = (u[:, 1:-1, 2:] - 2 * u[:, 1:-1, 1:-1] + u[:, 1:-1, :-2]) / dx ** 2
        pde = tf.reduce_mean(tf.square(u_t + f_x - nu * u_xx))
        return pde + 5.0 * tf.reduce_mean(batch["mask"] * (u - batch["u_obs"]) ** 2)

    def get_burger_loss(u):
        u = u[..., None]
        deriv = tf.constant([1.0, 0.0, -1.0]) / 2.0
        deriv_t = tf.reshape(deriv, [3, 1, 1, 1]) / dt
        deriv_x = tf.reshape(deriv, [1, 3, 1, 1]) / dx
        second_x = tf.reshape(tf.constant([1.0, -2.0, 1.0]), [1, 3, 1, 1]) / dx ** 2
        u_t = tf.nn.conv2d(u, deriv_t, 1, "VALID")[:, :, 1:-1]
        flux_x = tf.nn.conv2d(u ** 2 / 2.0, deriv_x, 1, "VALID")[:, 1:-1]
        u_xx = tf.nn.conv2d(u, second_x, 1, "VALID")[:, 1:-1]
        return u_t + flux_x - nu * u_xx

    def candidate(batch):
        u_N = denoiser(batch["noisy"])[..., 0]
        pde_loss = tf.reduce_mean(tf.square(get_burger_loss(u_N)))
        observation_loss = tf.reduce_mean(batch["mask"] * tf.square(u_N - batch["u_obs"]))
        return pde_loss + 5.0 * observation_loss

    batch = {
        "noisy": rng.normal(size=(n, steps, points, 1)).astype(np.float32),
        "u_obs": rng.normal(size=(n, steps, points)).astype(np.float32),
        "mask": (rng.uniform(size=(n, steps, points)) < 0.3).astype(np.float32),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": denoiser.trainable_variables}
