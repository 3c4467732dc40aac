"""STOI loss: the third-octave energies are taken as sqrt of a band power that is exactly zero in silent frames, so the gradient is NaN.

Source (real): https://github.com/mpariente/pytorch_stoi/issues/7 and the later https://github.com/mpariente/pytorch_stoi/pull/14
(PyTorch, ported; fixed by adding EPS before the root). Right answer: NOT equivalent; the value agrees, the gradient is NaN.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "x_tob = tf.sqrt(tf.einsum(\"kf,nft->nkt\", obm, tf.square(x_spec)))",
    "same_forward_value": True,
}

EPS = 1e-12


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, freq, frames, bands = 15, 8, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    gain = tf.Variable(1.0 + 0.3 * arr(freq), name="mask_gain")
    offset = tf.Variable(0.3 * arr(bands), name="band_offset")
    clean = np.abs(arr(n, freq, frames))
    noisy = clean + 0.5 * np.abs(arr(n, freq, frames))
    noisy[:, :, 0] = 0.0                                   # digital silence before the utterance
    noisy[::3, 2:4, 3] = 0.0
    obm = np.zeros((bands, freq), f)
    for k in range(bands):
        obm[k, 2 * k : 2 * k + 2] = 1.0
    batch = {"clean": clean, "noisy": noisy}

    def correlate(x_tob, y_tob):
        x_tob = x_tob * tf.exp(offset)[None, :, None]
        x = x_tob - tf.reduce_mean(x_tob, 2, keepdims=True)
        y = y_tob - tf.reduce_mean(y_tob, 2, keepdims=True)
        x = x / (tf.norm(x, axis=1, keepdims=True) + 0.1)
        y = y / (tf.norm(y, axis=1, keepdims=True) + 0.1)
        return -tf.reduce_mean(tf.reduce_sum(x * y, 1))

    def reference(b):
        enhanced = b["noisy"] * gain[None, :, None]
        x_bands, y_bands = [], []
        for k in range(bands):
            idx = np.flatnonzero(obm[k])
            px = tf.add_n([enhanced[:, j] ** 2 for j in idx])
            py = tf.add_n([b["clean"][:, j] ** 2 for j in idx])
            x_bands.append(tf.sqrt(px + EPS))
            y_bands.append(tf.sqrt(py + EPS))
        return correlate(tf.stack(x_bands, 1), tf.stack(y_bands, 1))

    def candidate(b):
        x_spec = b["noisy"] * gain[None, :, None]
        y_spec = b["clean"]
        x_tob = tf.sqrt(tf.einsum("kf,nft->nkt", obm, tf.square(x_spec)))
        y_tob = tf.sqrt(tf.einsum("kf,nft->nkt", obm, tf.square(y_spec)))
        return correlate(x_tob, y_tob)

    return {"variables": [gain, offset], "batch": batch, "reference": reference, "candidate": candidate}
