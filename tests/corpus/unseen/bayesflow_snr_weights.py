"""Diffusion loss: the SNR weights keep a trailing axis of one, (B, 1), and meet the per-sample error (B,); every weight is paired
with every error. Source: https://github.com/bayesflow-org/bayesflow/issues/787"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "loss = weights_for_snr * tf.reduce_mean((noise_pred - batch['eps']) ** 2, axis=-1)",
    "same_forward_value": False,
}


def expand_right_as(x, y):
    return tf.reshape(x, tf.concat([tf.shape(x), tf.ones([len(y.shape) - len(x.shape)], tf.int32)], 0))


class CosineSchedule:
    def get_log_snr(self, t):
        return -2.0 * tf.math.log(tf.tan(np.pi * (0.05 + 0.9 * t) / 2.0))

    def get_alpha_sigma(self, log_snr_t):
        return tf.sqrt(tf.sigmoid(log_snr_t)), tf.sqrt(tf.sigmoid(-log_snr_t))

    def get_weights_for_snr(self, log_snr_t):
        return 0.2 + tf.sigmoid(2.0 - log_snr_t) * tf.sqrt(1.0 + tf.exp(-log_snr_t))


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, d, cond = 8, 3, 4
    theta = rng.normal(size=(n, d)).astype("float32")
    context = rng.normal(size=(n, cond)).astype("float32")
    t = rng.uniform(0.02, 0.98, size=(n,)).astype("float32")
    eps = rng.normal(size=(n, d)).astype("float32")
    schedule = CosineSchedule()
    subnet = keras.Sequential([keras.Input((d + cond + 1,)), keras.layers.Dense(14, activation="silu"),
                               keras.layers.Dense(10, activation="silu"), keras.layers.Dense(d)])

    def predict_noise(batch, log_snr_t):
        alpha, sigma = schedule.get_alpha_sigma(log_snr_t)
        zt = alpha * batch["theta"] + sigma * batch["eps"]
        return subnet(tf.concat([zt, batch["context"], log_snr_t / 5.0], axis=-1))

    def reference(batch):
        log_snr = schedule.get_log_snr(batch["t"])
        pred = predict_noise(batch, log_snr[:, None])
        err = tf.reduce_mean(tf.square(pred - batch["eps"]), axis=-1)
        return tf.reduce_mean(schedule.get_weights_for_snr(log_snr) * err)

    def candidate(batch):
        log_snr_t = expand_right_as(schedule.get_log_snr(batch["t"]), batch["theta"])
        noise_pred = predict_noise(batch, log_snr_t)
        weights_for_snr = schedule.get_weights_for_snr(log_snr_t)
        loss = weights_for_snr * tf.reduce_mean((noise_pred - batch['eps']) ** 2, axis=-1)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"theta": theta, "context": context, "t": t, "eps": eps}, "variables": subnet.trainable_variables}
