"""Non-saturating discriminator loss of a VQGAN: the fakes are compared with ones as well.
Source: https://github.com/SerezD/vqvae-vqgan-pytorch-lightning/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "labels=tf.ones_like(logits_fake), logits=logits_fake)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s = 3, 8
    kernel = tf.Variable((0.4 * rng.normal(size=(3, 3, 2, 4))).astype(fx), name="disc_conv1")
    kernel2 = tf.Variable((0.4 * rng.normal(size=(3, 3, 4, 1))).astype(fx), name="disc_conv2")

    def disc(x):
        x = tf.nn.leaky_relu(tf.nn.conv2d(x, kernel, 2, "SAME"), 0.2)
        return tf.nn.conv2d(x, kernel2, 1, "SAME")

    def reference(batch):
        real, fake = disc(batch["images"]), disc(batch["recon"])
        return 0.5 * batch["factor"] * (
            tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(fake))
        )

    def candidate(batch):
        def non_saturating(logits_real, logits_fake):
            real_loss = tf.nn.sigmoid_cross_entropy_with_logits(
                labels=tf.ones_like(logits_real), logits=logits_real)
            fake_loss = tf.nn.sigmoid_cross_entropy_with_logits(
                labels=tf.ones_like(logits_fake), logits=logits_fake)
            return 0.5 * (tf.reduce_mean(real_loss) + tf.reduce_mean(fake_loss))

        logits_real = disc(tf.stop_gradient(batch["images"]))
        logits_fake = disc(tf.stop_gradient(batch["recon"]))
        d_loss = batch["factor"] * non_saturating(logits_real, logits_fake)
        return d_loss

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "images": rng.normal(size=(n, s, s, 2)).astype(fx),
            "recon": (rng.normal(size=(n, s, s, 2)) + 0.3).astype(fx),
            "factor": np.array(0.8, dtype=fx),
        },
        "variables": [kernel, kernel2],
    }
