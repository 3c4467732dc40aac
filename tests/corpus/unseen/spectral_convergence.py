"""Spectral convergence: the Frobenius norm takes in the batch axis too; it should be one ratio for each utterance, then the
mean. Source: https://github.com/facebookresearch/denoiser/issues/150"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "return fro(y_mag - x_mag) / fro(y_mag)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, L, frame, hop = 4, 32, 8, 4
    c1 = keras.layers.Conv1D(4, 5, padding="same", activation="tanh", name="c1")
    c2 = keras.layers.Conv1D(1, 5, padding="same", name="c2")
    c1.build((n, L, 1))
    c2.build((n, L, 4))

    def magnitude(wave):
        spec = tf.signal.stft(wave, frame, hop, frame)
        return tf.sqrt(tf.maximum(tf.math.real(spec) ** 2 + tf.math.imag(spec) ** 2, 1e-7))

    def reference(batch):
        est = c2(c1(batch["noisy"][..., None]))[..., 0]
        total = 0.0
        for i in range(n):
            x, y = magnitude(est[i]), magnitude(batch["clean"][i])
            sc = tf.sqrt(tf.reduce_sum((y - x) ** 2)) / tf.sqrt(tf.reduce_sum(y ** 2))
            total += 0.5 * sc + 0.1 * tf.reduce_mean(tf.abs(tf.math.log(y) - tf.math.log(x)))
        return total / n

    def candidate(batch):
        def fro(m):
            return tf.sqrt(tf.reduce_sum(tf.square(m)))

        def spectral_convergence_loss(x_mag, y_mag):
            return fro(y_mag - x_mag) / fro(y_mag)

        def log_stft_magnitude_loss(x_mag, y_mag):
            return tf.reduce_mean(tf.abs(tf.math.log(y_mag) - tf.math.log(x_mag)))

        estimate = tf.squeeze(c2(c1(batch["noisy"][:, :, None])), axis=-1)
        x_mag = magnitude(estimate)
        y_mag = magnitude(batch["clean"])
        sc_loss = spectral_convergence_loss(x_mag, y_mag)
        mag_loss = log_stft_magnitude_loss(x_mag, y_mag)
        return 0.5 * sc_loss + 0.1 * mag_loss

    clean = rng.normal(size=(n, L)) * np.array([0.2, 1.0, 3.0, 0.5])[:, None]
    return {"reference": reference, "candidate": candidate,
            "batch": {"clean": clean.astype(fx), "noisy": (clean + 0.3 * rng.normal(size=(n, L))).astype(fx)},
            "variables": c1.trainable_variables + c2.trainable_variables}
