"""The perceptual transform brings (batch, freq, time) magnitudes to (batch, time, freq) with a view, before the product with
the mel matrix; it has to be a transpose, the view mixes frequencies and frames.
Source: https://github.com/seorim0/DCCRN-with-various-loss-functions/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "x_ = tf.reshape(x, (x.shape[0], x.shape[2], x.shape[1]))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, freq, frames, mels = 12, 8, 5, 4
    gain = tf.Variable((0.5 * rng.standard_normal((freq, freq))).astype(f), name="gain")
    floor = tf.Variable((0.2 * rng.standard_normal((freq, 1))).astype(f), name="floor")
    centre = np.linspace(1.0, freq - 2.0, mels)
    bank = np.maximum(1.0 - np.abs(np.arange(freq)[:, None] - centre) / 2.0, 0.0).astype(f)
    tilt = np.linspace(2.0, 0.2, freq)[None, :, None]
    batch = {
        "noisy": (tilt * rng.uniform(0.2, 1.5, (n, freq, frames))).astype(f),
        "clean": (tilt * rng.uniform(0.1, 1.0, (n, freq, frames))).astype(f),
    }

    def enhance(spec):
        return spec * tf.sigmoid(tf.einsum("gf,bft->bgt", gain, spec) + floor)

    def reference(batch):
        def log_mel(spec):
            return tf.math.log(tf.einsum("bft,fm->bmt", spec, bank) + 1e-3)

        diff = log_mel(enhance(batch["noisy"])) - log_mel(batch["clean"])
        return tf.reduce_mean(diff**2)

    def candidate(batch):
        class PerceptualLoss:
            def __init__(self, mel_basis):
                self.mel_basis = tf.convert_to_tensor(mel_basis)

            def perceptual_transform(self, x):
                """Input (..., freq, time), output (..., time, n_mels)."""
                x_ = tf.reshape(x, (x.shape[0], x.shape[2], x.shape[1]))
                return tf.matmul(x_, self.mel_basis)

            def __call__(self, estimate, target):
                est = tf.math.log(self.perceptual_transform(estimate) + 1e-3)
                ref = tf.math.log(self.perceptual_transform(target) + 1e-3)
                per_utterance = tf.reduce_mean(tf.square(est - ref), axis=[1, 2])
                return tf.reduce_mean(per_utterance)

        return PerceptualLoss(bank)(enhance(batch["noisy"]), batch["clean"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [gain, floor]}
