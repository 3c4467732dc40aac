"""The generator of a hinge GAN minimises -relu(D(fake)) instead of -D(fake).

Source (real): https://github.com/zurutech/ashpy/issues/23
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "adversarial -= tf.reduce_mean(tf.nn.relu(d_fake))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, z, d = 16, 4, 8
    g1 = tf.Variable(rng.normal(0, 0.6, (z, 10)).astype("float32"), name="g_hidden")
    g2 = tf.Variable(rng.normal(0, 0.5, (10, d)).astype("float32"), name="g_out")
    scales = [1, 2]
    d_w1 = [rng.normal(0, 0.6, (d // s, 6)).astype("float32") for s in scales]
    d_w2 = [rng.normal(0, 0.6, (6,)).astype("float32") for _ in scales]
    batch = {"z": rng.normal(0, 1, (n, z)).astype("float32"), "real": rng.normal(0, 1, (n, d)).astype("float32")}

    def discriminate(x, i):
        """Multi-scale discriminator: (score, features) at scale i."""
        x = tf.reduce_mean(tf.reshape(x, (n, d // scales[i], scales[i])), axis=2)
        feat = tf.nn.leaky_relu(x @ d_w1[i], 0.2)
        return tf.linalg.matvec(feat, d_w2[i]), feat

    def generate(noise):
        return tf.nn.tanh(tf.nn.elu(noise @ g1) @ g2)

    def reference(b):
        fake = generate(b["z"])
        adv, matching = [], []
        for i in range(len(scales)):
            score, feat = discriminate(fake, i)
            adv.append(tf.reduce_mean(score))
            matching.append(tf.reduce_mean(tf.abs(feat - discriminate(b["real"], i)[1])))
        return -tf.add_n(adv) + 2.0 * tf.add_n(matching)

    def candidate(b):
        fake = generate(b["z"])
        adversarial, matching = 0.0, 0.0
        for i in range(len(scales)):
            d_fake, feat_fake = discriminate(fake, i)
            _, feat_real = discriminate(b["real"], i)
            adversarial -= tf.reduce_mean(tf.nn.relu(d_fake))
            matching += tf.reduce_mean(tf.abs(feat_real - feat_fake))
        return adversarial + 2.0 * matching

    return {"variables": [g1, g2], "batch": batch, "reference": reference, "candidate": candidate}
