"""Fourier neural operator, joint weights: block i of layer `indices` takes weight indices + i, so neighbouring layers share one.

Source (real): https://github.com/neuraloperator/neuraloperator/issues/108 (PyTorch, ported; it must be 2 * indices + i).
Right answer: NOT equivalent; the last weights get no gradient at all.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "blocks.append(contract(x[:, rows, :half_modes], get_weight(indices + i)))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, side, width, half_modes, n_layers = 12, 6, 3, 2, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    shape = (2 * n_layers, width, width, half_modes, half_modes)
    w_re = tf.Variable(0.5 * arr(*shape), name="weight_re")
    w_im = tf.Variable(0.5 * arr(*shape), name="weight_im")
    lift = tf.Variable(0.8 * arr(1, width), name="lifting")
    proj = tf.Variable(0.8 * arr(width, 1), name="projection")
    batch = {"a": arr(n, side, side, 1), "u": arr(n, side, side, 1)}

    def get_weight(index):
        return tf.complex(w_re[index], w_im[index])

    def relative_l2(pred, truth):
        diff = tf.sqrt(tf.reduce_sum(tf.square(pred - truth), axis=[1, 2, 3]))
        return tf.reduce_mean(diff / tf.sqrt(tf.reduce_sum(tf.square(truth), axis=[1, 2, 3])))

    def reference(b):
        # separate transforms with explicit Fourier matrices
        k = np.arange(side)
        kept = np.r_[0:half_modes, side - half_modes : side]
        ctype = "complex64" if f == "float32" else "complex128"
        rows = np.exp(-2j * np.pi * np.outer(kept, k) / side).astype(ctype)
        cols = np.exp(-2j * np.pi * np.outer(k[:half_modes], k) / side).astype(ctype)
        double = np.where(np.arange(half_modes) == 0, 1.0, 2.0).astype(f)
        back_cols = np.conj(cols) * double.astype(ctype)[:, None] / side
        v = b["a"] @ lift
        for layer in range(n_layers):
            ft = tf.einsum("kh,bhwc,mw->bkmc", rows, tf.cast(v, ctype), cols)
            upper = tf.einsum("bkmi,iokm->bkmo", ft[:, :half_modes], get_weight(2 * layer))
            lower = tf.einsum("bkmi,iokm->bkmo", ft[:, half_modes:], get_weight(2 * layer + 1))
            mixed = tf.einsum("kh,bkmo->bhmo", np.conj(rows) / side, tf.concat([upper, lower], 1))
            # as irfft does, the imaginary part of mode 0 is dropped
            v = v + tf.tanh(tf.math.real(tf.einsum("mw,bhmo->bhwo", back_cols, mixed)))
        return relative_l2(v @ proj, b["u"])

    def candidate(b):
        def contract(x, weight):
            return tf.einsum("bkmi,iokm->bkmo", x, weight)

        def spectral_conv(x, indices):
            x = tf.transpose(tf.signal.rfft2d(tf.transpose(x, [0, 3, 1, 2])), [0, 2, 3, 1])
            blocks = []
            for i, rows in enumerate((slice(None, half_modes), slice(-half_modes, None))):
                blocks.append(contract(x[:, rows, :half_modes], get_weight(indices + i)))
            gap = tf.zeros_like(x[:, half_modes:-half_modes, :half_modes])
            out_fft = tf.concat([blocks[0], gap, blocks[1]], axis=1)
            out_fft = tf.pad(out_fft, [[0, 0], [0, 0], [0, side // 2 + 1 - half_modes], [0, 0]])
            out = tf.signal.irfft2d(tf.transpose(out_fft, [0, 3, 1, 2]), [side, side])
            return tf.transpose(out, [0, 2, 3, 1])

        v = b["a"] @ lift
        for layer in range(n_layers):
            v = v + tf.tanh(spectral_conv(v, layer))
        return relative_l2(v @ proj, b["u"])

    return {"variables": [w_re, w_im, lift, proj], "batch": batch, "reference": reference, "candidate": candidate}
