"""Thread: the mel reconstruction loss averages over padded frames too; the fix applies the frame mask.
Source: https://github.com/Mddct/transformer-vocos/pull/41"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "mel_loss = tf.reduce_mean(tf.abs(mel_hat - mel))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, frames, win, bins, mels = 4, 6, 8, 5, 3
    dec = tf.Variable(rng.normal(size=(mels, win)).astype(fx), name="vocoder_w")
    bias = tf.Variable(rng.normal(size=(win,)).astype(fx) * 0.3, name="vocoder_b")
    fb = np.abs(rng.normal(size=(bins, mels))).astype(fx)

    def logmel(fr):
        spec = tf.signal.rfft(fr)
        power = tf.math.real(spec) ** 2 + tf.math.imag(spec) ** 2
        return tf.math.log(tf.matmul(tf.sqrt(power + 1e-6), fb) + 1e-3)

    def reference(batch):
        tot, cnt = 0.0, 0
        for i in range(b):
            t = int(batch["lens"][i])
            wav = tf.tanh(batch["cond"][i, :t] @ dec + bias)
            tot += tf.reduce_sum(tf.abs(logmel(wav) - logmel(batch["wav"][i, :t])))
            cnt += t * mels
        return 45.0 * tot / cnt

    def candidate(batch):
        mask = tf.sequence_mask(batch["lens"], maxlen=frames, dtype=batch["wav"].dtype)[:, :, None]
        wav_hat = tf.tanh(tf.matmul(batch["cond"], dec) + bias) * mask
        mel_hat = logmel(wav_hat)
        mel = logmel(batch["wav"] * mask)
        mel_loss = tf.reduce_mean(tf.abs(mel_hat - mel))
        return 45.0 * mel_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"cond": rng.normal(size=(b, frames, mels)).astype(fx),
                      "wav": rng.uniform(-1, 1, size=(b, frames, win)).astype(fx), "lens": np.array([6, 2, 4, 3])},
            "variables": [dec, bias]}
