"""videogan's discriminator step does not detach the generated clip; a pull request adds it and is withdrawn: only the
discriminator's parameters are updated in that step, so nothing changes.
Source: https://github.com/batsa003/videogan/pull/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, zdim, frames, pix, hid = 14, 4, 3, 5, 6
    gen_w = tf.constant((0.6 * rng.standard_normal((zdim, frames * pix))).astype(f))
    d1 = keras.Variable((0.4 * rng.standard_normal((frames * pix, hid))).astype(f), name="d1")
    d2 = keras.Variable((0.5 * rng.standard_normal((hid, 1))).astype(f), name="d2")
    batch = {"z": rng.standard_normal((n, zdim)).astype(f), "clip": rng.standard_normal((n, frames, pix)).astype(f)}

    def reference(batch):
        fake = tf.stop_gradient(tf.tanh(batch["z"] @ gen_w))
        both = tf.concat([tf.reshape(batch["clip"], [n, -1]), fake], axis=0)
        score = (tf.nn.softplus(both @ d1) @ d2)[:, 0]
        sign = tf.concat([-tf.ones(n, score.dtype), tf.ones(n, score.dtype)], axis=0)
        return tf.reduce_sum(tf.nn.softplus(sign * score)) / n

    def candidate(batch):
        class Generator:
            def __init__(self):
                self.weight = tf.Variable(gen_w, name="gen")

            def __call__(self, z):
                return tf.reshape(tf.tanh(tf.matmul(z, self.weight)), [-1, frames, pix])

        class Discriminator:
            def __call__(self, video):
                h = tf.einsum("bfp,fph->bh", video, tf.reshape(d1, [frames, pix, hid]))
                return tf.matmul(tf.math.softplus(h), d2)

        def loss_function(logits, is_real):
            labels = tf.ones_like(logits) if is_real else tf.zeros_like(logits)
            return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))

        generator, discriminator = Generator(), Discriminator()
        fake_videos = generator(batch["z"])
        loss_real = loss_function(discriminator(batch["clip"]), True)
        loss_fake = loss_function(discriminator(fake_videos), False)
        return loss_real + loss_fake

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [d1, d2]}
