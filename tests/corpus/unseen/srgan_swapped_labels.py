"""The adversarial loss uses zeros as the target of real and ones of fake images, so the discriminator learns the
reverse. Source: https://github.com/https-deeplearning-ai/GANs-Public/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "target = tf.zeros_like(x) if is_real else tf.ones_like(x)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, h = 4, 4
    up = tf.constant((rng.normal(size=(1, 1, 2, 2)) / 2).astype(fx))
    d1 = tf.Variable(rng.normal(size=(3, 3, 2, 4)).astype(fx), name="d1")
    d2 = tf.Variable(rng.normal(size=(4, 1)).astype(fx), name="d2")
    bias = tf.Variable((rng.normal(size=(1,)) + 0.5).astype(fx), name="bias")

    def generator(lr):
        return tf.nn.conv2d(tf.repeat(tf.repeat(lr, 2, 1), 2, 2), up, 1, "SAME")

    def discriminator(img):
        f = tf.nn.leaky_relu(tf.nn.conv2d(img, d1, 2, "SAME"), 0.2)
        return tf.matmul(tf.reduce_mean(f, axis=[1, 2]), d2) + bias

    def reference(batch):
        fake = tf.stop_gradient(generator(batch["lr"]))
        real_term = tf.reduce_mean(tf.nn.softplus(-discriminator(batch["hr"])))
        fake_term = tf.reduce_mean(tf.nn.softplus(discriminator(fake)))
        return (real_term + fake_term) / 2

    def candidate(batch):
        def adv_loss(x, is_real):
            target = tf.zeros_like(x) if is_real else tf.ones_like(x)
            return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=x))

        hr_fake = generator(batch["lr"])
        fake_preds_for_d = discriminator(tf.stop_gradient(hr_fake))
        real_preds_for_d = discriminator(tf.stop_gradient(batch["hr"]))
        d_loss = 0.5 * (adv_loss(real_preds_for_d, True) + adv_loss(fake_preds_for_d, False))
        return d_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"lr": rng.normal(size=(n, h, h, 2)).astype(fx),
                      "hr": (rng.normal(size=(n, 2 * h, 2 * h, 2)) + 0.4).astype(fx)},
            "variables": [d1, d2, bias]}
