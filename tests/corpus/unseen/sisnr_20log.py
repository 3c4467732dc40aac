"""SI-SNR in the dual-path RNN code returns 20*log10 of a ratio of norms where the paper has 10*log10 of a ratio of energies: the same thing. Source: https://github.com/JusperLee/Dual-Path-RNN-Pytorch/issues/32"""
import itertools
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def l2norm(mat, keepdims=False):
    return tf.norm(mat, axis=-1, keepdims=keepdims)


def sisnr(x, s, eps=1e-8):
    x_zm = x - tf.reduce_mean(x, axis=-1, keepdims=True)
    s_zm = s - tf.reduce_mean(s, axis=-1, keepdims=True)
    t = tf.reduce_sum(x_zm * s_zm, axis=-1, keepdims=True) * s_zm / (l2norm(s_zm, keepdims=True) ** 2 + eps)
    return 20.0 * tf.math.log(eps + l2norm(t) / (l2norm(x_zm - t) + eps)) / np.log(10.0)


def sisnr_energy(x, s):
    x = x - tf.reduce_mean(x, axis=-1, keepdims=True)
    s = s - tf.reduce_mean(s, axis=-1, keepdims=True)
    scale = tf.einsum("bt,bt->b", x, s) / tf.einsum("bt,bt->b", s, s)
    target = scale[:, None] * s
    noise = x - target
    return 10.0 / np.log(10.0) * (tf.math.log(tf.reduce_sum(target ** 2, axis=-1)) - tf.math.log(tf.reduce_sum(noise ** 2, axis=-1)))


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, length, spks, filters = 4, 32, 2, 8
    encoder = tf.keras.layers.Conv1D(filters, 4, strides=2, padding="same", activation="relu")
    separator = tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(6, return_sequences=True))
    masks = tf.keras.layers.Dense(spks * filters, activation="relu", bias_initializer="ones")
    decoder = tf.keras.layers.Conv1DTranspose(1, 4, strides=2, padding="same")

    def separate(mix):
        w = encoder(mix[..., None])
        m = tf.reshape(masks(separator(w)), [n, -1, spks, filters])
        return [decoder(w * m[:, :, i])[..., 0] for i in range(spks)]

    def pit(batch, measure):
        ests = separate(batch["mix"])
        perms = []
        for p in itertools.permutations(range(spks)):
            perms.append(sum(measure(ests[i], batch["refs"][:, j]) for i, j in enumerate(p)) / spks)
        return -tf.reduce_mean(tf.reduce_max(tf.stack(perms), axis=0))

    def reference(batch):
        return pit(batch, sisnr_energy)

    def candidate(batch):
        return pit(batch, sisnr)

    refs = rng.normal(size=(n, spks, length)).astype(np.float32)
    mix = refs.sum(axis=1)
    separate(tf.constant(mix))
    return {"reference": reference, "candidate": candidate, "batch": {"mix": mix, "refs": refs},
            "variables": [v for layer in (encoder, separator, masks, decoder) for v in layer.trainable_variables]}
