"""Deep Koopman (Lusch et al.): the lower diagonal element of the 2x2 rotation block has a minus sign that the paper's formula does not have. Source: https://github.com/mlpotter/DeepKoopmanLusch/issues/2"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "bottom = tf.stack([sin * growth, -cos * growth], axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, horizon, d, latent, delta_t = 5, 4, 3, 2, 0.4
    alpha1, alpha2 = 0.1, 1e-6
    K = tf.keras.layers
    encoder = tf.keras.Sequential([K.Input((d,)), K.Dense(10, activation="relu"), K.Dense(latent)])
    decoder = tf.keras.Sequential([K.Input((latent,)), K.Dense(10, activation="relu"), K.Dense(d)])
    omega_net = tf.keras.Sequential([K.Input((1,)), K.Dense(6, activation="relu"), K.Dense(2)])

    def spectrum(y):
        mu_omega = omega_net(tf.reduce_sum(y ** 2, axis=-1, keepdims=True))
        return mu_omega[:, 0], mu_omega[:, 1]

    def step_complex(y):
        mu, omega = spectrum(y)
        z = tf.complex(y[:, 0], y[:, 1]) * tf.exp(tf.complex(mu, omega) * delta_t)
        return tf.stack([tf.math.real(z), tf.math.imag(z)], axis=-1)

    def step_matrix(y):
        mu, omega = spectrum(y)
        growth, cos, sin = tf.exp(mu * delta_t), tf.cos(omega * delta_t), tf.sin(omega * delta_t)
        top = tf.stack([cos * growth, -sin * growth], axis=-1)
        bottom = tf.stack([sin * growth, -cos * growth], axis=-1)
        K_block = tf.stack([top, bottom], axis=1)
        return tf.einsum("bij,bj->bi", K_block, y)

    def koopman_loss(batch, step):
        traj = batch["trajectory"]
        recon = tf.reduce_mean((decoder(encoder(traj[:, 0])) - traj[:, 0]) ** 2)
        y, pred, lin = encoder(traj[:, 0]), 0.0, 0.0
        worst = tf.reduce_max(tf.abs(decoder(y) - traj[:, 0]))
        for m in range(1, horizon):
            y = step(y)
            pred += tf.reduce_mean((decoder(y) - traj[:, m]) ** 2) / (horizon - 1)
            lin += tf.reduce_mean((y - encoder(traj[:, m])) ** 2) / (horizon - 1)
        return alpha1 * (recon + pred) + lin + alpha2 * worst

    def reference(batch):
        return koopman_loss(batch, step_complex)

    def candidate(batch):
        return koopman_loss(batch, step_matrix)

    phase = rng.uniform(0, 6, size=(n, 1)) + 0.5 * np.arange(horizon)
    traj = np.stack([np.cos(phase), np.sin(phase), 0.5 * np.sin(2 * phase)], axis=-1).astype(np.float32)
    return {"reference": reference, "candidate": candidate, "batch": {"trajectory": traj},
            "variables": encoder.trainable_variables + decoder.trainable_variables + omega_net.trainable_variables}
