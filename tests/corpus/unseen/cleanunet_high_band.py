"""High-band STFT loss: the slice that should keep the upper frequency bins cuts the axis of the frames.

Source (real): https://github.com/NVIDIA/CleanUNet/pull/4 (PyTorch, ported; stft() returns (B, frames, bins)).
Right answer: NOT equivalent; the loss sees the second half of the utterance at all frequencies.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'x_mag, y_mag = (m[:, m.shape[1] // 2 :, :] for m in (x_mag, y_mag))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, length, taps, fft, hop = 14, 52, 5, 16, 6

    fir = tf.Variable(0.5 * arr(taps), name="fir")
    gain = tf.Variable(0.3 * arr(length), name="gain")
    batch = {"noisy": arr(n, length), "clean": arr(n, length)}

    def denoise(x):
        stacked = tf.stack([tf.roll(x, k, axis=1) for k in range(taps)], axis=-1)
        return tf.linalg.matvec(stacked, fir) * (1.0 + tf.tanh(gain))

    def stft(x):
        spec = tf.signal.stft(x, frame_length=fft, frame_step=hop, fft_length=fft)
        power = tf.square(tf.math.real(spec)) + tf.square(tf.math.imag(spec))
        return tf.sqrt(tf.maximum(power, 1e-7))

    def reference(b):
        est, ref = stft(denoise(b["noisy"])), stft(b["clean"])
        half = est.shape[-1] // 2
        num, den, mags, count = 0.0, 0.0, 0.0, 0
        for k in range(half, est.shape[-1]):
            e, r = est[:, :, k], ref[:, :, k]
            num += tf.reduce_sum((r - e) ** 2)
            den += tf.reduce_sum(r**2)
            mags += tf.reduce_sum(tf.abs(tf.math.log(r) - tf.math.log(e)))
            count += int(tf.size(e))
        return tf.sqrt(num) / tf.sqrt(den) + mags / count

    def candidate(b):
        x_mag = stft(denoise(b["noisy"]))
        y_mag = stft(b["clean"])
        # only select high frequency bands
        x_mag, y_mag = (m[:, m.shape[1] // 2 :, :] for m in (x_mag, y_mag))
        sc_loss = tf.norm(y_mag - x_mag) / tf.norm(y_mag)
        mag_loss = tf.reduce_mean(tf.abs(tf.math.log(y_mag) - tf.math.log(x_mag)))
        return sc_loss + mag_loss

    return {"variables": [fir, gain], "batch": batch, "reference": reference, "candidate": candidate}
