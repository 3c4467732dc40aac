"""Convolutional VAE on RGB images: binary_crossentropy already averages the last (channel) axis, the following sum
over (1, 2) therefore lacks a factor 3 against the KL term.

Source (real formula): the Keras VAE example sums keras.losses.binary_crossentropy over axis=(1, 2), right for one
channel (MNIST) and wrong for three; the shape is discussed in https://github.com/tensorflow/tensorflow/issues/27190.
Right answer: NOT equivalent; reconstruction and KL are weighted wrongly.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "rec = tf.reduce_sum(keras.losses.binary_crossentropy(b['img'], out), axis=(1, 2))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, side, ch, z_dim = 16, 4, 3, 2
    pix = side * side * ch

    def weight(*s, k=0.3):
        return (k * rng.standard_normal(s)).astype(f)

    enc_mu = tf.Variable(weight(pix, z_dim), name="enc_mu")
    enc_lv = tf.Variable(weight(pix, z_dim), name="enc_logvar")
    dec_w = tf.Variable(weight(z_dim, pix, k=0.8), name="dec_w")
    batch = {
        "img": rng.random((n, side, side, ch)).astype(f),
        "noise": rng.standard_normal((n, z_dim)).astype(f),
    }

    def reference(b):
        m = b["img"].shape[0]
        total = 0.0
        for i in range(m):
            x = tf.reshape(b["img"][i], [1, pix])
            mu, lv = x @ enc_mu, x @ enc_lv
            logits = (mu + tf.exp(0.5 * lv) * b["noise"][i : i + 1]) @ dec_w
            total += tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits))
            total += 0.5 * tf.reduce_sum(tf.exp(lv) + tf.square(mu) - 1.0 - lv)
        return total / m

    def sample(mean, log_var, eps):
        return mean + tf.exp(0.5 * log_var) * eps

    def candidate(b):
        flat = tf.reshape(b["img"], [-1, pix])
        z_mean, z_log_var = flat @ enc_mu, flat @ enc_lv
        z = sample(z_mean, z_log_var, b["noise"])
        out = tf.reshape(tf.sigmoid(z @ dec_w), [-1, side, side, ch])
        rec = tf.reduce_sum(keras.losses.binary_crossentropy(b['img'], out), axis=(1, 2))
        kl = -0.5 * (1 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var))
        return tf.reduce_mean(rec) + tf.reduce_mean(tf.reduce_sum(kl, axis=1))

    return {"variables": [enc_mu, enc_lv, dec_w], "batch": batch, "reference": reference, "candidate": candidate}
