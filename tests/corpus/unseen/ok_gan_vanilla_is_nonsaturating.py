"""CUT has a "vanilla" GAN loss (BCE with logits) beside a "nonsaturating" one (softplus): a user asks what differs, and the
author confirms that both are the same.
Source: https://github.com/taesungp/contrastive-unpaired-translation/issues/32"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, lat, pix, hid = 12, 3, 6, 4
    gen = tf.Variable(rng.normal(size=(lat, pix)).astype(f), name="gen")
    d1 = tf.Variable(rng.normal(size=(pix, hid)).astype(f) * 0.6, name="d1")
    d2 = tf.Variable(rng.normal(size=(hid, 5)).astype(f) * 0.6, name="d2")
    batch = {"z": rng.normal(size=(n, lat)).astype(f), "real": rng.normal(size=(n, pix)).astype(f)}

    def patches(images):
        return tf.matmul(tf.nn.leaky_relu(tf.matmul(images, d1), 0.2), d2)

    def reference(batch):
        def gan_loss(prediction, target_is_real):
            label = tf.fill(tf.shape(prediction), tf.cast(1.0 if target_is_real else 0.0, f))
            return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=label, logits=prediction))

        fake = tf.tanh(tf.matmul(batch["z"], gen))
        loss_d = (gan_loss(patches(batch["real"]), True) + gan_loss(patches(tf.stop_gradient(fake)), False)) * 0.5
        return loss_d + 0.3 * gan_loss(patches(fake), True)

    def candidate(batch):
        class GANLoss:
            def __init__(self, gan_mode):
                self.gan_mode = gan_mode

            def __call__(self, prediction, target_is_real):
                bs = prediction.shape[0]
                if self.gan_mode == "nonsaturating":
                    if target_is_real:
                        loss = tf.reduce_mean(tf.reshape(tf.math.softplus(-prediction), [bs, -1]), 1)
                    else:
                        loss = tf.reduce_mean(tf.reshape(tf.math.softplus(prediction), [bs, -1]), 1)
                return loss

        criterion = GANLoss("nonsaturating")
        fake_B = keras.ops.tanh(batch["z"] @ gen)
        pred_fake = patches(tf.stop_gradient(fake_B))
        loss_D_fake = tf.reduce_mean(criterion(pred_fake, False))
        loss_D_real = tf.reduce_mean(criterion(patches(batch["real"]), True))
        loss_G = tf.reduce_mean(criterion(patches(fake_B), True)) * 0.3
        return (loss_D_fake + loss_D_real) * 0.5 + loss_G

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [gen, d1, d2]}
