"""TFGAN vocoder: the generator's adversarial and feature matching terms read disc_fake, computed on the detached audio for the discriminator step, instead of disc_fake_g. Source: https://github.com/rishikksh20/TFGAN/issues/7"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "for feats_real, feats_fake in zip(disc_real[:-1], disc_fake[:-1]):",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, frames, mels, hop = 4, 5, 6, 4
    L = tf.keras.layers
    generator = tf.keras.Sequential([L.Input((frames, mels)), L.Conv1DTranspose(8, 4, strides=hop, activation="leaky_relu"), L.Conv1D(1, 3, padding="same", activation="tanh")])
    disc_layers = [L.Conv1D(5, 5, padding="same", activation="leaky_relu"), L.Conv1D(5, 5, strides=2, padding="same", activation="leaky_relu"), L.Conv1D(1, 3, padding="same")]

    def discriminator(audio):
        feats = []
        for layer in disc_layers:
            audio = layer(audio)
            feats.append(audio)
        return feats

    def stft_loss(fake, real):
        f, r = (tf.abs(tf.signal.stft(a[..., 0], 8, 4)) for a in (fake, real))
        return tf.reduce_mean(tf.abs(f - r))

    def reference(batch):
        fake = generator(batch["mel"])
        real_feats = [tf.stop_gradient(f) for f in discriminator(batch["audio"])]
        fake_feats = discriminator(fake)
        adv = tf.reduce_mean((fake_feats[-1] - 1.0) ** 2)
        fm = sum(tf.reduce_mean(tf.abs(a - b)) for a, b in zip(fake_feats[:-1], real_feats[:-1]))
        return stft_loss(fake, batch["audio"]) + 2.5 * (adv + 10.0 * fm)

    def candidate(batch):
        fake_audio = generator(batch["mel"])
        disc_real = discriminator(batch["audio"])
        disc_fake = discriminator(tf.stop_gradient(fake_audio))
        disc_fake_g = discriminator(fake_audio)
        adv_loss = tf.reduce_mean(tf.square(disc_fake_g[-1] - 1.0))
        loss_feat = 0.0
        for feats_real, feats_fake in zip(disc_real[:-1], disc_fake[:-1]):
            loss_feat += tf.reduce_mean(tf.abs(feats_fake - tf.stop_gradient(feats_real)))
        return stft_loss(fake_audio, batch["audio"]) + 2.5 * (adv_loss + 10.0 * loss_feat)

    audio = np.tanh(rng.normal(size=(n, frames * hop, 1))).astype(np.float32)
    discriminator(audio)
    batch = {"mel": rng.normal(size=(n, frames, mels)).astype(np.float32), "audio": audio}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": generator.trainable_variables}
