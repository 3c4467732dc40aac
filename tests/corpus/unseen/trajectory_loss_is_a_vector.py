"""Bivariate normal loss of the existing pedestrians is returned as one value per position, so the tape adds them all up.
Source: https://github.com/t2kasa/social_lstm_keras_tf/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "loss_shape",
    "line_marker": 'loss = -log_prob_exist',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    batch_size, obs_len, pred_len, max_n_peds, out_dim = 4, 5, 3, 6, 5
    n_peds = rng.integers(2, max_n_peds + 1, size=batch_size)
    pid = np.where(np.arange(max_n_peds)[None] < n_peds[:, None], np.arange(1, max_n_peds + 1)[None], 0)
    start = rng.uniform(-1, 1, size=(batch_size, 1, max_n_peds, 2))
    pace = 0.15 * rng.normal(size=(batch_size, 1, max_n_peds, 2))
    track = start + pace * np.arange(obs_len + pred_len)[None, :, None, None]
    track = (track + 0.02 * rng.normal(size=track.shape)) * (pid > 0)[:, None, :, None]
    observed = track[:, :obs_len].astype("float32")
    future = np.concatenate([np.repeat(pid[:, None, :, None], pred_len, axis=1), track[:, obs_len:]], axis=-1).astype("float32")

    encoder = keras.layers.LSTM(8)
    decoder = keras.layers.Dense(pred_len * out_dim)
    encoder.build((None, obs_len, 2))
    decoder.build((None, 8))

    def predict(history):
        per_ped = tf.reshape(tf.transpose(history, [0, 2, 1, 3]), (-1, obs_len, 2))
        raw = tf.reshape(decoder(encoder(per_ped)), (batch_size, max_n_peds, pred_len, out_dim))
        return tf.transpose(raw, [0, 2, 1, 3])

    def reference(batch):
        raw, present = predict(batch["observed"]), tf.cast(batch["future"][..., 0] != 0.0, tf.float32)
        delta = batch["future"][..., 1:] - raw[..., :2]
        log_std = raw[..., 2:4]
        z = delta * tf.exp(-log_std)
        rho = tf.tanh(raw[..., 4])
        free = 1.0 - rho**2
        quad = (tf.reduce_sum(z**2, axis=-1) - 2.0 * rho * z[..., 0] * z[..., 1]) / free
        log_density = -0.5 * quad - tf.reduce_sum(log_std, axis=-1) - 0.5 * tf.math.log(free) - np.log(2 * np.pi)
        return -tf.reduce_sum(tf.minimum(log_density, 0.0) * present) / tf.reduce_sum(present)

    def normal2d_log_pdf(output, pos):
        x_mean, y_mean, x_std, y_std, rho = tf.unstack(output, axis=1)
        x_std, y_std, rho = tf.exp(x_std), tf.exp(y_std), tf.tanh(rho)
        norm1, norm2 = (pos[:, 0] - x_mean) / x_std, (pos[:, 1] - y_mean) / y_std
        z = norm1**2 + norm2**2 - 2 * rho * norm1 * norm2
        numerator = -z / (2 * (1 - rho**2))
        return numerator - tf.math.log(2 * np.pi * x_std * y_std * tf.sqrt(1 - rho**2))

    class MySocialModel:
        def _compute_loss(self, y_batch, o_batch):
            not_exist_pid = 0
            y = tf.reshape(y_batch, (-1, 3))
            o = tf.reshape(o_batch, (-1, out_dim))
            pids = y[:, 0]
            # remain only existing pedestrians data
            exist_rows = tf.not_equal(pids, not_exist_pid)
            y_exist = tf.boolean_mask(y, exist_rows)
            o_exist = tf.boolean_mask(o, exist_rows)
            log_prob_exist = normal2d_log_pdf(o_exist, y_exist[:, 1:])
            # for numerical stability
            log_prob_exist = tf.minimum(log_prob_exist, 0.0)
            loss = -log_prob_exist
            return loss

    social = MySocialModel()

    def candidate(batch):
        return social._compute_loss(batch["future"], predict(batch["observed"]))

    return {"reference": reference, "candidate": candidate, "batch": {"observed": observed, "future": future},
            "variables": [v.value for v in encoder.trainable_variables + decoder.trainable_variables]}
