"""The generator's hinge loss is -relu(D(fake)) instead of -D(fake): rejected fakes give no gradient.

Source (real): https://github.com/zurutech/ashpy/issues/23
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'adversarial = -tf.nn.relu(d_fake)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, z, d, h = 20, 4, 6, 10
    g1 = tf.Variable(rng.normal(size=(z, h)).astype("float32") * 0.6, name="g1")
    g2 = tf.Variable(rng.normal(size=(h, d)).astype("float32") * 0.5, name="g2")
    d1 = tf.constant(rng.normal(size=(d, h)).astype("float32") * 0.6)
    d2 = tf.constant(rng.normal(size=(h, 1)).astype("float32") * 0.6)
    batch = {"z": rng.normal(size=(n, z)).astype("float32"), "real": rng.normal(size=(n, d)).astype("float32")}
    w_fm = 0.5

    def generator(noise):
        return tf.nn.tanh(tf.nn.leaky_relu(noise @ g1) @ g2)

    def discriminator(x):
        f = tf.nn.leaky_relu(x @ d1)
        return f @ d2 - 0.2, f

    def reference(b):
        score, f_fake = discriminator(generator(b["z"]))
        _, f_real = discriminator(b["real"])
        match = tf.reduce_sum(tf.square(tf.reduce_mean(f_fake, 0) - tf.reduce_mean(f_real, 0)))
        return -tf.reduce_mean(score) + w_fm * match

    def candidate(b):
        fake = generator(b["z"])
        d_fake, fake_features = discriminator(fake)
        _, real_features = discriminator(b["real"])
        adversarial = -tf.nn.relu(d_fake)
        gap = tf.reduce_mean(fake_features, axis=0) - tf.reduce_mean(real_features, axis=0)
        feature_matching = tf.reduce_sum(gap * gap)
        return tf.reduce_mean(adversarial) + w_fm * feature_matching

    return {"variables": [g1, g2], "batch": batch, "reference": reference, "candidate": candidate}
