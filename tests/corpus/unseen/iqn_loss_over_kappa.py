"""Implicit quantile network: the quantile Huber loss is divided by kappa, which QR-DQN's formula does not do.

Source (real): https://github.com/google/dopamine/issues/27 (TensorFlow; asked whether the division is a typo).
Right answer: EQUIVALENT, kappa being 1 (and the IQN paper does divide).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_KAPPA = 1.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, num_tau, num_tau_prime = 15, 4, 6, 3, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_state = tf.Variable(0.7 * arr(d, hid), name="state_net")
    w_tau = tf.Variable(0.5 * arr(num_tau + 1, hid), name="quantile_net")
    w_out = tf.Variable(0.8 * arr(hid), name="value_out")
    batch = {
        "states": arr(n, d),
        "replay_quantiles": rng.random((n, num_tau)).astype(f),
        "target_quantile_values": 1.5 * arr(n, num_tau_prime),
    }

    def quantile_values(states, taus):
        basis = tf.cos(np.pi * taus[..., None] * tf.range(num_tau + 1, dtype=taus.dtype))
        joint = tf.nn.relu(states @ w_state)[:, None] * tf.nn.relu(basis @ w_tau + 0.3)
        return tf.linalg.matvec(joint, w_out)

    def reference(b):
        theta = quantile_values(b["states"], b["replay_quantiles"])
        m = theta.shape[0]
        loss = 0.0
        for i in range(num_tau):
            for j in range(num_tau_prime):
                u = b["target_quantile_values"][:, j] - theta[:, i]
                big = tf.abs(u) > 1.0
                huber = tf.where(big, tf.abs(u) - 0.5, 0.5 * u * u)
                tau = b["replay_quantiles"][:, i]
                loss += tf.reduce_sum(tf.where(u < 0.0, 1.0 - tau, tau) * huber)
        return loss / (m * num_tau_prime)

    def candidate(b):
        chosen = quantile_values(b["states"], b["replay_quantiles"])[:, None, :]
        bellman_errors = b["target_quantile_values"][:, :, None] - chosen
        small = tf.cast(tf.abs(bellman_errors) <= _KAPPA, chosen.dtype)
        huber_loss_case_one = small * 0.5 * bellman_errors**2
        huber_loss_case_two = (1.0 - small) * _KAPPA * (tf.abs(bellman_errors) - 0.5 * _KAPPA)
        huber_loss = huber_loss_case_one + huber_loss_case_two
        replay_quantiles = tf.tile(b["replay_quantiles"][:, None, :], [1, num_tau_prime, 1])
        indicator = tf.stop_gradient(tf.cast(bellman_errors < 0, chosen.dtype))
        quantile_huber_loss = (tf.abs(replay_quantiles - indicator) * huber_loss) / _KAPPA
        loss = tf.reduce_sum(tf.reduce_mean(quantile_huber_loss, axis=1), axis=1)
        return tf.reduce_mean(loss)

    return {"variables": [w_state, w_tau, w_out], "batch": batch, "reference": reference, "candidate": candidate}
