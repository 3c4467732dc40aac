"""pg-gan regularises its discriminator with an entropy from BinaryCrossentropy(from_logits=True), but passes
the logits as labels too, where probabilities are due.
Source: https://github.com/mathiesonlab/pg-gan/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return cross_entropy(output, output)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, snps, hid = 16, 6, 4
    phi = tf.Variable(0.5 * rng.standard_normal((snps, hid)).astype(f), name="phi")
    phi_b = tf.Variable(0.2 * rng.standard_normal(hid).astype(f), name="phi_bias")
    out = tf.Variable(rng.standard_normal((hid, 1)).astype(f), name="out")
    batch = {
        "real": (rng.random((n, snps)) < 0.3).astype(f),
        "fake": (rng.random((n, snps)) < 0.5).astype(f),
    }
    strength = 0.2

    def reference(b):
        def score(regions):
            return tf.sigmoid(tf.nn.tanh(regions @ phi + phi_b) @ out)

        def entropy(p):
            return -tf.reduce_mean(p * tf.math.log(p) + (1 - p) * tf.math.log(1 - p))

        p_real, p_fake = score(b["real"]), score(b["fake"])
        main = -tf.reduce_mean(tf.math.log(p_real)) - tf.reduce_mean(tf.math.log(1 - p_fake))
        return main - strength * (entropy(p_real) + entropy(p_fake))

    def candidate(b):
        cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

        def discriminator(x):
            return keras.ops.matmul(keras.activations.tanh(keras.ops.matmul(x, phi) + phi_b), out)

        def entropy_term(output):
            return cross_entropy(output, output)

        def discriminator_loss(real_output, fake_output):
            real_loss = cross_entropy(tf.ones_like(real_output), real_output)
            fake_loss = cross_entropy(tf.zeros_like(fake_output), fake_output)
            total_loss = real_loss + fake_loss
            for output in (real_output, fake_output):
                total_loss -= strength * entropy_term(output)
            return total_loss

        return discriminator_loss(discriminator(b["real"]), discriminator(b["fake"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [phi, phi_b, out]}
