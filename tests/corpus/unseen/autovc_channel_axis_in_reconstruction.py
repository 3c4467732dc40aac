"""AutoVC: the generator returns (batch, 1, time, mel) and the spectrogram is (batch, time, mel); the reconstruction loss
compares every output with every input of the batch (PyTorch only warns).
Source: https://github.com/auspicious3000/autovc/pull/94"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "g_loss += tf.reduce_mean(tf.square(x_real - recon))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, time, mel, code = 12, 7, 5, 4
    enc, dec, post = var("enc", mel, code), var("dec", code + 3, mel), var("post", mel, mel)
    batch = {
        "x": rng.standard_normal((n, time, mel)).astype(f),
        "speaker": rng.standard_normal((n, 3)).astype(f),
    }

    def reference(batch):
        total = 0.0
        for i in range(n):
            content = tf.tanh(batch["x"][i] @ enc)
            who = tf.tile(batch["speaker"][i][None], [time, 1])
            first = tf.concat([content, who], -1) @ dec
            second = first + tf.tanh(first @ post)
            again = tf.tanh(second @ enc)
            total = total + tf.reduce_mean((first - batch["x"][i]) ** 2)
            total = total + tf.reduce_mean((second - batch["x"][i]) ** 2)
            total = total + tf.reduce_mean(tf.abs(content - again))
        return total / n

    def candidate(batch):
        def encoder(mels):
            return tf.tanh(tf.tensordot(mels, enc, 1))

        def generator(mels, c_org):
            codes = encoder(mels)
            emb = tf.repeat(c_org[:, None, :], mels.shape[1], axis=1)
            mel_outputs = tf.tensordot(tf.concat([codes, emb], axis=2), dec, 1)
            mel_outputs_postnet = mel_outputs + tf.tanh(tf.tensordot(mel_outputs, post, 1))
            return mel_outputs[:, None], mel_outputs_postnet[:, None], codes

        x_real = batch["x"]
        x_identic, x_identic_psnt, code_real = generator(x_real, batch["speaker"])
        code_reconst = encoder(tf.squeeze(x_identic_psnt, 1))
        g_loss = tf.reduce_mean(tf.abs(code_real - code_reconst))
        for recon in (x_identic, x_identic_psnt):
            g_loss += tf.reduce_mean(tf.square(x_real - recon))
        return g_loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [enc, dec, post]}
