"""The KLD of the VAE example is divided by batch * 784 (the number of pixels) although it has only
as many elements as latent dims. Source: https://github.com/pytorch/examples/issues/290"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "kld /= n * pixels",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, pixels, hid, z = 5, 12, 6, 3
    w1, w21, w22 = var("fc1", pixels, hid), var("fc21", hid, z), var("fc22", hid, z)
    w3, w4 = var("fc3", z, hid), var("fc4", hid, pixels)
    batch = {"x": rng.uniform(0.0, 1.0, (n, pixels)).astype(fx), "eps": rng.standard_normal((n, z)).astype(fx)}

    def run(x, eps):
        h1 = tf.nn.relu(x @ w1 + 0.3)
        mu, logvar = h1 @ w21, h1 @ w22
        sample = mu + eps * tf.exp(0.5 * logvar)
        return tf.nn.relu(sample @ w3 + 0.3) @ w4, mu, logvar

    def reference(batch):
        recon, mu, logvar = run(batch["x"], batch["eps"])
        bce = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["x"], logits=recon))
        kld = tf.reduce_mean(-0.5 * (1 + logvar - tf.square(mu) - tf.exp(logvar)))
        return bce + kld

    def candidate(batch):
        x = batch["x"]
        recon, mu, logvar = run(x, batch["eps"])
        bce = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=recon))
        kld = -0.5 * tf.reduce_sum(1 + logvar - tf.square(mu) - tf.exp(logvar))
        kld /= n * pixels
        return bce + kld

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w21, w22, w3, w4]}
