"""MARTA-GAN: feature matching compares the means of the discriminator's features over the real and the generated batch;
the code takes the squared distance of the features sample by sample, of unrelated images.
Source: https://github.com/BUPTLdy/MARTA-GAN/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "g_loss2 = tf.nn.l2_loss(feature_real - feature_fake) / batch_size",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, zdim, pix, feats = 19, 4, 10, 6
    g = keras.layers.Dense(pix, activation="tanh", name="generator")
    g.build((None, zdim))
    d_feat = tf.constant(rng.normal(size=(pix, feats)).astype(f) * 0.5)
    d_out = tf.constant(rng.normal(size=(feats, 1)).astype(f))
    z = rng.normal(size=(n, zdim)).astype(f)
    real = np.tanh(rng.normal(size=(n, pix)) + 0.5).astype(f)

    def reference(batch):
        gen = g(batch["z"])
        phi_fake, phi_real = tf.nn.elu(gen @ d_feat), tf.nn.elu(batch["real"] @ d_feat)
        perceptual = tf.reduce_mean(tf.nn.softplus(-phi_fake @ d_out))
        gap = tf.reduce_mean(phi_real, axis=0) - tf.reduce_mean(phi_fake, axis=0)
        return perceptual + 0.5 * tf.reduce_sum(gap ** 2)

    def candidate(batch):
        def discriminator(inputs):
            feature = keras.activations.elu(tf.matmul(inputs, d_feat))
            return tf.matmul(feature, d_out), feature

        batch_size = batch["z"].shape[0]
        fake = tf.tanh(tf.matmul(batch["z"], g.kernel) + g.bias)
        d2_logits, feature_fake = discriminator(fake)
        _, feature_real = discriminator(batch["real"])
        g_loss1 = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(
            logits=d2_logits, labels=tf.ones_like(d2_logits)))
        g_loss2 = tf.nn.l2_loss(feature_real - feature_fake) / batch_size
        return g_loss1 + g_loss2

    return {"reference": reference, "candidate": candidate, "batch": {"z": z, "real": real},
            "variables": list(g.trainable_variables)}
