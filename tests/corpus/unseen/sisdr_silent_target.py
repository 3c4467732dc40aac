"""SI-SDR loss: the projection divides by the energy of the target without an epsilon; a silent target gives 0 / 0.

Source (real): https://github.com/csteinmetz1/auraloss/issues/25 (PyTorch, ported; SISDRLoss).
Right answer: NOT equivalent; one silent reference in the batch makes loss and gradients NaN.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "alpha = tf.reduce_sum(input * target, -1) / tf.reduce_sum(tf.square(target), -1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, ch, samples, taps = 12, 2, 20, 5
    eps = 1e-8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    fir = tf.Variable((0.3 * arr(taps) + np.eye(taps)[taps // 2]).astype(f), name="fir")
    bias = tf.Variable(np.asarray(0.3, f), name="fir_bias")
    clean = arr(n, ch, samples)
    noisy = clean + 0.5 * arr(n, ch, samples)
    clean[3] = 0.0                                         # a silent stem
    batch = {"noisy": noisy, "clean": clean}

    def denoise(x):
        pad = tf.pad(x, [[0, 0], [0, 0], [taps // 2, taps // 2]])
        frames = tf.stack([pad[..., k : k + samples] for k in range(taps)], -1)
        return tf.tanh(tf.linalg.matvec(frames, fir) + bias)

    def reference(b):
        est = denoise(b["noisy"])
        total = 0.0
        for i in range(n):
            for c in range(ch):
                x, y = est[i, c] - tf.reduce_mean(est[i, c]), b["clean"][i, c] - tf.reduce_mean(b["clean"][i, c])
                proj = y * tf.tensordot(x, y, 1) / (tf.tensordot(y, y, 1) + eps)
                noise = x - proj
                ratio = tf.tensordot(proj, proj, 1) / (tf.tensordot(noise, noise, 1) + eps)
                total += 10.0 * tf.math.log(ratio + eps) / np.log(10.0)
        return -total / (n * ch)

    def candidate(b):
        class SISDRLoss:
            def __init__(self, zero_mean=True, eps=1e-8):
                self.zero_mean, self.eps = zero_mean, eps

            def __call__(self, input, target):
                if self.zero_mean:
                    input = input - tf.reduce_mean(input, -1, keepdims=True)
                    target = target - tf.reduce_mean(target, -1, keepdims=True)
                alpha = tf.reduce_sum(input * target, -1) / tf.reduce_sum(tf.square(target), -1)
                target = target * alpha[..., None]
                res = input - target
                losses = tf.reduce_sum(tf.square(target), -1) / (tf.reduce_sum(tf.square(res), -1) + self.eps)
                losses = 10.0 * tf.math.log(losses + self.eps) / np.log(10.0)
                return -tf.reduce_mean(losses)

        return SISDRLoss(eps=eps)(denoise(b["noisy"]), b["clean"])

    return {"variables": [fir, bias], "batch": batch, "reference": reference, "candidate": candidate}
