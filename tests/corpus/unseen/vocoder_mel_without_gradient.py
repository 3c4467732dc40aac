"""Vocoder training: the spectrogram function drops the graph (magnitudes.data), so the mel loss of the generator is a constant.

Source (real): https://github.com/rishikksh20/HiFi-GAN/issues/8 (PyTorch, ported: TacotronSTFT.mel_spectrogram in the training step).
Right answer: NOT equivalent; the value is right, but only the adversarial term trains the generator.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "magnitudes = tf.stop_gradient(magnitudes)",
    "same_forward_value": True,
}

_LAMBDA_MEL = 3.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, frames, mels, hop, win = 13, 5, 4, 3, 6
    length = frames * hop

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    up = tf.Variable(0.5 * arr(mels, hop), name="upsample")
    mix = tf.Variable(0.4 * arr(length, length), name="receptive")
    critic = arr(length, 2) * 0.4
    fbank = rng.uniform(0, 1, (win // 2 + 1, mels)).astype(f)
    hann = np.hanning(win + 2)[1:-1]
    k = np.arange(win // 2 + 1)[:, None] * np.arange(win)[None]
    cos, sin = (hann * np.cos(2 * np.pi * k / win)).astype(f), (hann * np.sin(2 * np.pi * k / win)).astype(f)
    batch = {"mel": arr(n, frames, mels), "audio": 0.5 * arr(n, length)}

    def generator(mel):
        return tf.tanh(tf.reshape(mel @ up, [-1, length]) @ mix)

    def reference(b):
        fake = generator(b["mel"])
        mel_l1, count = 0.0, 0
        for start in range(0, length - win + 1, hop):
            pair = []
            for wav in (fake, b["audio"]):
                cut = wav[:, start : start + win]
                power = (cut @ cos.T) ** 2 + (cut @ sin.T) ** 2
                pair.append(tf.math.log(tf.maximum(tf.sqrt(power + 1e-9) @ fbank, 1e-5)))
            mel_l1 += tf.reduce_sum(tf.abs(pair[0] - pair[1]))
            count += int(tf.size(pair[0]))
        adversarial = tf.reduce_mean(tf.reduce_sum((fake @ critic - 1.0) ** 2, axis=1)) / 2
        return adversarial + _LAMBDA_MEL * mel_l1 / count

    def candidate(b):
        class TacotronSTFT:
            def transform(self, y):
                segments = tf.signal.frame(y, win, hop)
                real = tf.einsum("btw,kw->btk", segments, cos)
                imag = tf.einsum("btw,kw->btk", segments, sin)
                return tf.sqrt(tf.square(real) + tf.square(imag) + 1e-9)

            def mel_spectrogram(self, y):
                magnitudes = self.transform(y)
                magnitudes = tf.stop_gradient(magnitudes)
                mel_output = magnitudes @ fbank
                return tf.math.log(tf.maximum(mel_output, 1e-5))

        stft = TacotronSTFT()
        fake_audio = generator(b["mel"])
        loss_mel = tf.reduce_mean(tf.abs(stft.mel_spectrogram(fake_audio) - stft.mel_spectrogram(b["audio"])))
        loss_adv = tf.reduce_mean(tf.square(fake_audio @ critic - 1.0))
        return loss_adv + _LAMBDA_MEL * loss_mel

    return {"variables": [up, mix], "batch": batch, "reference": reference, "candidate": candidate}
