"""Spectral convergence term takes the Frobenius norms over the whole batch, so one loud clip decides the denominator of
all; it ought to be per clip. Source: https://github.com/csteinmetz1/auraloss/pull/75"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "sc_loss = tf.norm(y_mag - x_mag) / tf.norm(y_mag)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, frame, hop = 4, 48, 16, 8
    kernel = tf.Variable((0.3 * rng.normal(size=(5, 1, 1))).astype(fx), name="fir")
    gain = tf.Variable(np.asarray(1.2, dtype=fx), name="gain")

    def enhance(x):
        return gain * tf.tanh(tf.nn.conv1d(x[:, :, None], kernel, 1, "SAME")[:, :, 0]) + 0.1 * x

    def stft_mag(x):
        spec = tf.signal.rfft(tf.signal.frame(x, frame, hop))
        return tf.sqrt(tf.math.real(spec) ** 2 + tf.math.imag(spec) ** 2 + 1e-6)

    def reference(batch):
        est = enhance(batch["noisy"])
        loss = 0.0
        for k in range(b):
            s, s_hat = stft_mag(batch["clean"][k]), stft_mag(est[k])
            diff = s - s_hat
            loss += tf.sqrt(tf.reduce_sum(diff ** 2)) / tf.sqrt(tf.reduce_sum(s ** 2))
            loss += tf.reduce_mean(tf.abs(tf.math.log(s) - tf.math.log(s_hat)))
        return loss / b

    def candidate(batch):
        x_mag = stft_mag(enhance(batch["noisy"]))
        y_mag = stft_mag(batch["clean"])
        sc_loss = tf.norm(y_mag - x_mag) / tf.norm(y_mag)
        log_mag = tf.reduce_mean(tf.abs(tf.math.log(x_mag) - tf.math.log(y_mag)))
        return sc_loss + log_mag

    loud = np.array([0.2, 1.0, 4.0, 0.5])[:, None]
    clean = loud * rng.normal(size=(b, t))
    return {"reference": reference, "candidate": candidate,
            "batch": {"clean": clean.astype(fx), "noisy": (clean + 0.5 * rng.normal(size=(b, t))).astype(fx)},
            "variables": [kernel, gain]}
