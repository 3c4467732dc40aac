"""Discriminator with R1 penalty: the penalty is taken from the gradient of softplus(-D(x)) instead of D(x).

Source (real): https://github.com/rosinality/style-based-gan-pytorch/issues/34 (PyTorch, ported; the author agreed to correct it).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "grad_real = inner.gradient(real_predict, real_image)",
    "same_forward_value": False,
}

_R1 = 5.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 18, 6, 8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d, hid), name="disc_1")
    b1 = tf.Variable(0.2 * arr(hid), name="disc_1_bias")
    w2 = tf.Variable(0.6 * arr(hid, 1), name="disc_2")
    batch = {"real": arr(n, d), "fake": 0.6 * arr(n, d) + 0.4}

    def reference(b):
        def layers(x):
            h = tf.tanh(x @ w1 + b1)
            return h, h @ w2

        h, real_logit = layers(b["real"])
        _, fake_logit = layers(b["fake"])
        jac = ((1.0 - tf.square(h)) * w2[:, 0]) @ tf.transpose(w1)
        adversarial = tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(real_logit), real_logit)
        adversarial += tf.nn.sigmoid_cross_entropy_with_logits(tf.zeros_like(fake_logit), fake_logit)
        penalty = 0.5 * _R1 * tf.reduce_sum(tf.square(jac), axis=1, keepdims=True)
        return tf.reduce_mean(adversarial + penalty)

    def candidate(b):
        def discriminator(x):
            return tf.tanh(x @ w1 + b1) @ w2

        real_image = b["real"]
        with tf.GradientTape() as inner:
            inner.watch(real_image)
            real_scores = discriminator(real_image)
            real_predict = tf.nn.softplus(-real_scores)
        grad_real = inner.gradient(real_predict, real_image)
        grad_penalty = tf.reduce_mean(tf.square(tf.norm(tf.reshape(grad_real, [real_image.shape[0], -1]), axis=1)))
        fake_predict = tf.reduce_mean(tf.nn.softplus(discriminator(b["fake"])))
        return tf.reduce_mean(real_predict) + _R1 / 2 * grad_penalty + fake_predict

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
