"""GANomaly: the generator's adversarial term compares the discriminator's probabilities; the paper and the
original code compare its feature representations.
Source: https://github.com/open-edge-platform/anomalib/issues/2137"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "error_adv = mse(pred_real, pred_fake)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, d, z = 5, 7, 3
    enc, dec, enc2 = var("enc", d, z), var("dec", z, d), var("enc2", d, z)
    wd = (0.7 * rng.normal(size=(d, 6))).astype(fx)
    wo = rng.normal(size=(6, 1)).astype(fx)
    w_adv, w_con, w_enc = 5.0, 2.0, 1.0

    def reference(batch):
        x = batch["x"]
        latent = tf.tanh(x @ enc)
        rec = tf.tanh(latent @ dec)
        latent2 = tf.tanh(rec @ enc2)
        feat = lambda im: tf.nn.leaky_relu(im @ wd, 0.2)
        adv = tf.reduce_mean((feat(x) - feat(rec)) ** 2)
        con = tf.reduce_mean(tf.abs(x - rec))
        return w_adv * adv + w_con * con + w_enc * tf.reduce_mean((latent - latent2) ** 2)

    def candidate(batch):
        def mse(a, b):
            return tf.reduce_mean(tf.math.squared_difference(a, b))

        def discriminator(images):
            features = tf.nn.leaky_relu(tf.matmul(images, wd), alpha=0.2)
            return tf.sigmoid(tf.matmul(features, wo)), features

        images = batch["x"]
        latent_i = tf.tanh(tf.matmul(images, enc))
        fake = tf.tanh(tf.matmul(latent_i, dec))
        latent_o = tf.tanh(tf.matmul(fake, enc2))
        pred_real, feat_real = discriminator(images)
        pred_fake, feat_fake = discriminator(fake)
        error_enc = mse(latent_i, latent_o)
        error_con = tf.reduce_mean(tf.abs(images - fake))
        error_adv = mse(pred_real, pred_fake)
        return error_adv * w_adv + error_con * w_con + error_enc * w_enc

    return {"reference": reference, "candidate": candidate, "batch": {"x": rng.uniform(-1, 1, (n, d)).astype(fx)},
            "variables": [enc, dec, enc2]}
