"""The discriminator loss is computed on decoder output that is not detached from the auto-encoder.
Source: https://github.com/Stability-AI/stable-audio-tools/issues/55"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "fakes = decode(latents)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t = 4, 12
    enc = tf.Variable(rng.normal(size=(3, 1, 2)).astype(fx), name="enc")
    dec = tf.Variable(rng.normal(size=(3, 2, 1)).astype(fx), name="dec")
    k1 = tf.Variable(rng.normal(size=(4, 1, 3)).astype(fx), name="k1")
    k2 = tf.Variable((rng.normal(size=(3, 3, 1)) / 2).astype(fx), name="k2")

    def decode(z):
        return tf.tanh(tf.nn.conv1d(z, dec, 1, "SAME"))

    def encode(x):
        return tf.nn.conv1d(x, enc, 1, "SAME")

    def disc(x):
        return tf.nn.conv1d(tf.nn.leaky_relu(tf.nn.conv1d(x, k1, 2, "SAME"), 0.2), k2, 1, "SAME")

    def reference(batch):
        wav = batch["audio"]
        rec = decode(encode(wav))
        recon = tf.reduce_mean(tf.abs(rec - wav))
        frozen = tf.stop_gradient(rec)
        return recon + tf.reduce_mean(tf.nn.relu(1 - disc(wav))) + tf.reduce_mean(tf.nn.relu(1 + disc(frozen)))

    def candidate(batch):
        def discriminator_loss(reals, generated):
            scores = disc(tf.concat([reals, generated], axis=0))
            real_scores, fake_scores = tf.split(scores, 2, axis=0)
            return tf.reduce_mean(tf.nn.relu(1 - real_scores) + tf.nn.relu(1 + fake_scores))

        reals = batch["audio"]
        latents = encode(reals)
        decoded = decode(latents)
        fakes = decode(latents)
        l1_loss = tf.reduce_mean(tf.abs(reals - decoded))
        return l1_loss + discriminator_loss(reals, fakes)

    return {"reference": reference, "candidate": candidate,
            "batch": {"audio": rng.normal(size=(n, t, 1)).astype(fx)}, "variables": [enc, dec, k1, k2]}
