"""Convolutional VAE: reconstruction averaged over batch and pixels, KL summed over latents.

Source (real): https://github.com/keras-team/keras/pull/3383 (the missing factor original_dim in the VAE example),
keras-team/keras issue 7404 and pytorch/examples issue 817.
Right answer: NOT equivalent; the two terms are out of balance by the number of pixels.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "rec = tf.reduce_mean(bce)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, side, z_dim = 13, 6, 2
    conv = keras.layers.Conv2D(3, 3, strides=2, padding="same", activation="tanh", name="enc_conv", dtype=f)
    stats = keras.layers.Dense(2 * z_dim, name="enc_stats", dtype=f)
    grow = keras.layers.Dense(3 * 3 * 4, activation="tanh", name="dec_dense", dtype=f)
    deconv = keras.layers.Conv2DTranspose(1, 3, strides=2, padding="same", name="dec_conv", dtype=f)
    conv.build((None, side, side, 1))
    stats.build((None, 27))
    grow.build((None, z_dim))
    deconv.build((None, 3, 3, 4))
    layers = (conv, stats, grow, deconv)
    for layer in layers:
        layer.set_weights([0.4 * rng.standard_normal(p.shape).astype(f) for p in layer.get_weights()])
    batch = {
        "img": (rng.uniform(size=(n, side, side, 1)) > 0.6).astype(f),
        "eps": rng.standard_normal((n, z_dim)).astype(f),
    }

    def run(img, eps):
        hidden = conv(img)
        mu, log_var = tf.split(stats(tf.reshape(hidden, [-1, 27])), 2, axis=-1)
        z = mu + tf.exp(0.5 * log_var) * eps
        return mu, log_var, deconv(tf.reshape(grow(z), [-1, 3, 3, 4]))

    def reference(b):
        total = 0.0
        m = b["img"].shape[0]
        for i in range(m):
            mu, lv, out = run(b["img"][i : i + 1], b["eps"][i : i + 1])
            total += tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["img"][i : i + 1], logits=out))
            total += 0.5 * tf.reduce_sum(tf.square(mu) + tf.exp(lv) - 1.0 - lv)
        return total / m

    def candidate(b):
        mu, log_var, logits = run(b["img"], b["eps"])
        bce = keras.losses.binary_crossentropy(b["img"], logits, from_logits=True)
        rec = tf.reduce_mean(bce)
        kl = -0.5 * (1.0 + log_var - tf.square(mu) - tf.exp(log_var))
        kl = tf.reduce_mean(tf.reduce_sum(kl, axis=1))
        return rec + kl

    return {
        "variables": [v for layer in layers for v in layer.trainable_variables],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
