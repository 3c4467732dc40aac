"""Right: the generator loss is minus the whole discriminator loss; the term on real data has no gradient for the generator.

Source (real): https://github.com/salu133445/dan/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, z, d = 12, 5, 6
    g1 = tf.Variable(rng.normal(0, 0.5, (z, 8)).astype("float32"), name="gen_w1")
    gb = tf.Variable(rng.normal(0, 0.2, (8,)).astype("float32"), name="gen_b1")
    g2 = tf.Variable(rng.normal(0, 0.5, (8, d)).astype("float32"), name="gen_w2")
    d1 = rng.normal(0, 0.5, (d, 7)).astype("float32")
    d2 = rng.normal(0, 0.5, (7,)).astype("float32")
    batch = {
        "noise": rng.normal(0, 1, (n, z)).astype("float32"),
        "real": rng.normal(0.5, 1, (n, d)).astype("float32"),
    }

    def generator(noise):
        return tf.nn.leaky_relu(noise @ g1 + gb) @ g2

    def discriminator(x):
        return tf.linalg.matvec(tf.nn.tanh(x @ d1), d2)

    def diversity(fake):
        return tf.reduce_mean(tf.math.reduce_std(fake, axis=0))

    def minimax_hinge_gan_losses(real_outputs, fake_outputs):
        discriminator_loss = tf.reduce_mean(tf.nn.relu(1.0 - real_outputs)) + tf.reduce_mean(
            tf.nn.relu(1.0 + fake_outputs))
        return -discriminator_loss, discriminator_loss

    def reference(b):
        fake = generator(b["noise"])
        score = discriminator(fake)
        adversarial = -tf.reduce_mean(tf.maximum(0.0, 1.0 + score))
        return adversarial - 0.1 * diversity(fake)

    def candidate(b):
        fake = generator(b["noise"])
        generator_loss, _ = minimax_hinge_gan_losses(discriminator(b["real"]), discriminator(fake))
        return generator_loss - 0.1 * diversity(fake)

    return {"variables": [g1, gb, g2], "batch": batch, "reference": reference, "candidate": candidate}
