"""Batched inverse STFT mixes the audio of a batch: the mirrored upper half is flipped over batch and frequency.
Source: https://github.com/KinWaiCheuk/nnAudio/issues/100"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "upper = tf.reverse(spec[:, 1:-1], axis=[0, 1])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, n_fft, frames, d = 4, 8, 5, 3
    bins = n_fft // 2 + 1
    k = np.arange(n_fft)
    cosm = np.cos(2 * np.pi * np.outer(k, k) / n_fft).astype(fx)
    sinm = np.sin(2 * np.pi * np.outer(k, k) / n_fft).astype(fx)
    w_re = tf.Variable(rng.normal(size=(d, bins)).astype(fx), name="w_re")
    w_im = tf.Variable(rng.normal(size=(d, bins)).astype(fx), name="w_im")

    def reference(batch):
        re = tf.transpose(tf.einsum("btd,df->btf", batch["feat"], w_re), [0, 2, 1])
        im = tf.transpose(tf.einsum("btd,df->btf", batch["feat"], w_im), [0, 2, 1])
        total = 0.0
        for i in range(b):
            full_re = tf.concat([re[i], re[i, 1:-1][::-1]], axis=0)
            full_im = tf.concat([im[i], -im[i, 1:-1][::-1]], axis=0)
            wave = (tf.matmul(cosm, full_re) - tf.matmul(sinm, full_im)) / n_fft
            total += tf.reduce_mean(tf.square(wave - batch["frames"][i]))
        return total / b

    def candidate(batch):
        def extend_fbins(spec, conj):
            upper = tf.reverse(spec[:, 1:-1], axis=[0, 1])
            return tf.concat([spec, -upper if conj else upper], axis=1)

        real = tf.einsum("btd,df->bft", batch["feat"], w_re)
        imag = tf.einsum("btd,df->bft", batch["feat"], w_im)
        real, imag = extend_fbins(real, False), extend_fbins(imag, True)
        frames_out = (tf.einsum("kf,bft->bkt", cosm, real) - tf.einsum("kf,bft->bkt", sinm, imag)) / n_fft
        return tf.reduce_mean((frames_out - batch["frames"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(b, frames, d)).astype(fx),
                      "frames": rng.normal(size=(b, n_fft, frames)).astype(fx)},
            "variables": [w_re, w_im]}
