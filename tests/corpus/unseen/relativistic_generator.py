"""Thread: in relativistic_gan.py the relativistic average generator loss is computed and then overwritten by the plain adversarial one.
Source: https://github.com/eriklindernoren/PyTorch-GAN/issues/52"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "g_loss = adversarial_loss(discriminator(gen_imgs), valid)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, z, p = 6, 3, 8
    generator = keras.Sequential([keras.layers.Input((z,)), keras.layers.Dense(10, activation="relu"),
                                  keras.layers.Dense(p, activation="tanh")])
    d1, d2 = rng.normal(size=(p, 6)).astype(fx), rng.normal(size=(6, 1)).astype(fx)

    def discriminator(x):
        return tf.matmul(tf.nn.leaky_relu(tf.matmul(x, d1)), d2)

    def reference(batch):
        real = discriminator(batch["imgs"])
        fake = discriminator(generator(batch["z"]))
        logit = fake - tf.reduce_mean(real, axis=0, keepdims=True)
        return tf.reduce_mean(tf.nn.softplus(-logit))

    def candidate(batch):
        rel_avg_gan = True

        def adversarial_loss(logits, labels):
            return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))

        valid = tf.ones((n, 1), dtype=batch["imgs"].dtype)
        gen_imgs = generator(batch["z"])

        real_pred = tf.stop_gradient(discriminator(batch["imgs"]))
        fake_pred = discriminator(gen_imgs)

        if rel_avg_gan:
            g_loss = adversarial_loss(fake_pred - tf.reduce_mean(real_pred, axis=0, keepdims=True), valid)
        else:
            g_loss = adversarial_loss(fake_pred - real_pred, valid)

        g_loss = adversarial_loss(discriminator(gen_imgs), valid)
        return g_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"imgs": (rng.normal(size=(n, p)) * 2 + 1).astype(fx), "z": rng.normal(size=(n, z)).astype(fx)},
            "variables": generator.trainable_variables}
