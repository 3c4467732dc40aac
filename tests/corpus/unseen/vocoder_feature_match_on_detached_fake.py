"""The generator's feature matching loss uses the discriminator features of the detached fake made for the discriminator step, so it trains nothing.

Source (real): https://github.com/rishikksh20/TFGAN/issues/7
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'loss_fm = feature_matching(disc_fake, disc_real)',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, m, t = 8, 5, 24
    g1 = tf.Variable(rng.normal(size=(m, 16)).astype("float32") * 0.4, name="g1")
    g2 = tf.Variable(rng.normal(size=(16, t)).astype("float32") * 0.4, name="g2")
    kernels = [
        tf.constant(rng.normal(size=(5, 1, 4)).astype("float32") * 0.4),
        tf.constant(rng.normal(size=(5, 4, 6)).astype("float32") * 0.3),
        tf.constant(rng.normal(size=(3, 6, 1)).astype("float32") * 0.4),
    ]
    batch = {
        "mel": rng.normal(size=(n, m)).astype("float32"),
        "wav": np.tanh(rng.normal(size=(n, t))).astype("float32"),
    }

    def generator(mel):
        return tf.nn.tanh(tf.nn.leaky_relu(mel @ g1, 0.2) @ g2)

    def discriminator(wav):
        h, feats = wav[:, :, None], []
        for k in kernels:
            h = tf.nn.conv1d(h, k, stride=2, padding="SAME")
            feats.append(h)
            h = tf.nn.leaky_relu(h, 0.2)
        return feats

    def feature_matching(fake, real):
        loss = 0.0
        for f, r in zip(fake[:-1], real[:-1]):
            loss += tf.reduce_mean(tf.abs(f - tf.stop_gradient(r)))
        return loss / (len(fake) - 1)

    def reference(b):
        fake = generator(b["mel"])
        on_real, on_fake = discriminator(b["wav"]), discriminator(fake)
        adversarial = tf.reduce_mean(tf.square(on_fake[-1] - 1.0))
        return adversarial + 10.0 * feature_matching(on_fake, on_real)

    def candidate(b):
        fake = generator(b["mel"])
        disc_real = discriminator(b["wav"])
        disc_fake = discriminator(tf.stop_gradient(fake))
        disc_fake_g = discriminator(fake)
        loss_adv = tf.reduce_mean(tf.square(disc_fake_g[-1] - 1.0))
        loss_fm = feature_matching(disc_fake, disc_real)
        return loss_adv + 10.0 * loss_fm

    return {"variables": [g1, g2], "batch": batch, "reference": reference, "candidate": candidate}
