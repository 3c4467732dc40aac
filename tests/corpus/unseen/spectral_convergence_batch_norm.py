"""The Frobenius norms of the spectral convergence loss run over the batch too, so samples affect each other.
Source: https://github.com/kan-bayashi/ParallelWaveGAN/issues/256"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "return tf.sqrt(tf.reduce_sum(tf.square(m)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, fft, hop, win = 3, 32, 8, 4, 8
    gen = keras.layers.Conv1D(1, 5, padding="same", name="generator")
    gen.build((None, t, 2))

    def reference(batch):
        fake = gen(batch["c"])[..., 0]
        sc, mag = [], []
        for i in range(b):
            p = tf.abs(tf.signal.stft(fake[i], win, hop, fft))
            q = tf.abs(tf.signal.stft(batch["y"][i], win, hop, fft))
            p, q = tf.maximum(p, 1e-7), tf.maximum(q, 1e-7)
            sc.append(tf.norm(q - p) / tf.norm(q))
            mag.append(tf.reduce_mean(tf.abs(tf.math.log(q) - tf.math.log(p))))
        return tf.reduce_mean(tf.stack(sc)) + 0.1 * tf.reduce_mean(tf.stack(mag))

    def candidate(batch):
        def magnitude(x):
            spec = tf.signal.stft(x, win, hop, fft)
            return tf.maximum(tf.abs(spec), 1e-7)

        def fro(m):
            return tf.sqrt(tf.reduce_sum(tf.square(m)))

        def spectral_convergence(x_mag, y_mag):
            return tf.reduce_mean(fro(y_mag - x_mag) / fro(y_mag))

        x_mag = magnitude(tf.squeeze(gen(batch["c"]), axis=-1))
        y_mag = magnitude(batch["y"])
        mag_loss = tf.reduce_mean(tf.abs(tf.math.log(y_mag / x_mag)))
        return spectral_convergence(x_mag, y_mag) + 0.1 * mag_loss

    scale = np.array([0.3, 1.0, 3.0])[:, None]
    return {"reference": reference, "candidate": candidate,
            "batch": {"c": rng.normal(size=(b, t, 2)).astype(fx), "y": (scale * rng.normal(size=(b, t))).astype(fx)},
            "variables": list(gen.trainable_variables)}
