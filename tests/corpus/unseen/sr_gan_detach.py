"""Super-resolution GAN: the generated image enters the discriminator loss undetached within the same step.
Source: https://github.com/alterzero/DBPN-Pytorch/issues/37"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "d_fake_decision = discriminate(prediction, d1, d2)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, lr, hr, h = 5, 4, 8, 5
    g = tf.Variable(rng.normal(size=(lr, hr), scale=0.6).astype(fx), name="generator")
    d1 = tf.Variable(rng.normal(size=(hr, h), scale=0.6).astype(fx), name="disc1")
    d2 = tf.Variable(rng.normal(size=(h, 1), scale=0.8).astype(fx), name="disc2")

    def discriminate(x, wa, wb):
        return tf.matmul(tf.nn.leaky_relu(tf.matmul(x, wa)), wb)

    def reference(batch):
        sr = tf.tanh(tf.matmul(batch["lr"], g))
        frozen = tf.stop_gradient(sr)
        d_loss = tf.reduce_mean(tf.nn.softplus(-discriminate(batch["hr"], d1, d2)))
        d_loss += tf.reduce_mean(tf.nn.softplus(discriminate(frozen, d1, d2)))
        fool = discriminate(sr, tf.stop_gradient(d1), tf.stop_gradient(d2))
        g_loss = tf.reduce_mean(tf.square(sr - batch["hr"])) + 0.1 * tf.reduce_mean(tf.nn.softplus(-fool))
        return d_loss + g_loss

    def candidate(batch):
        def bce(logits, label):
            return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(
                labels=label * tf.ones_like(logits), logits=logits))

        target = batch["hr"]
        prediction = tf.tanh(tf.matmul(batch["lr"], g))
        d_real_decision = discriminate(target, d1, d2)
        d_fake_decision = discriminate(prediction, d1, d2)
        d_loss = bce(d_real_decision, 1.0) + bce(d_fake_decision, 0.0)
        frozen_d = [tf.stop_gradient(v) for v in (d1, d2)]
        gan_loss = bce(discriminate(prediction, *frozen_d), 1.0)
        mse_loss = tf.reduce_mean((prediction - target) ** 2)
        return d_loss + mse_loss + 0.1 * gan_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"lr": rng.normal(size=(b, lr)).astype(fx), "hr": rng.uniform(-1, 1, size=(b, hr)).astype(fx)},
            "variables": [g, d1, d2]}
