"""Thread: in the CycleGAN lesson the identity losses are flipped: the notebook has ||G(A) - B|| where the original has ||G(A) - A||.
Source: https://github.com/fastai/course-v3/pull/449"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss_identity = 0.5 * (l1_loss(fake_a, image_a) + l1_loss(fake_b, image_b))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, p = 4, 6
    ga = tf.Variable(rng.normal(size=(p, p)).astype(fx) * 0.5, name="a2b")
    gb = tf.Variable(rng.normal(size=(p, p)).astype(fx) * 0.5, name="b2a")
    da, db = rng.normal(size=(p, 1)).astype(fx), rng.normal(size=(p, 1)).astype(fx)

    def gen_a2b(x):
        return tf.tanh(x + tf.matmul(x, ga))

    def gen_b2a(x):
        return tf.tanh(x + tf.matmul(x, gb))

    def reference(batch):
        def l1(u, v):
            return tf.reduce_mean(tf.abs(u - v))

        a, b = batch["image_a"], batch["image_b"]
        adversarial = 0.5 * (tf.reduce_mean((gen_b2a(b) @ da - 1) ** 2) + tf.reduce_mean((gen_a2b(a) @ db - 1) ** 2))
        cycle = 0.5 * (l1(gen_b2a(gen_a2b(a)), a) + l1(gen_a2b(gen_b2a(b)), b))
        identity = 0.5 * (l1(gen_b2a(a), a) + l1(gen_a2b(b), b))
        return adversarial + 10.0 * cycle + 5.0 * identity

    def candidate(batch):
        def l1_loss(x, y):
            return tf.reduce_mean(tf.abs(x - y))

        image_a, image_b = batch["image_a"], batch["image_b"]
        fake_a = gen_b2a(image_b)
        fake_b = gen_a2b(image_a)

        loss_identity = 0.5 * (l1_loss(fake_a, image_a) + l1_loss(fake_b, image_b))

        gan_a = tf.reduce_mean(tf.square(tf.matmul(fake_a, da) - 1.0))
        gan_b = tf.reduce_mean(tf.square(tf.matmul(fake_b, db) - 1.0))
        loss_gan = 0.5 * (gan_a + gan_b)

        loss_cycle_a = l1_loss(gen_b2a(fake_b), image_a)
        loss_cycle_b = l1_loss(gen_a2b(fake_a), image_b)
        loss_cycle = 0.5 * (loss_cycle_a + loss_cycle_b)

        return loss_gan + 5.0 * loss_identity + 10.0 * loss_cycle

    return {"reference": reference, "candidate": candidate,
            "batch": {"image_a": rng.normal(size=(n, p)).astype(fx), "image_b": rng.normal(size=(n, p)).astype(fx)},
            "variables": [ga, gb]}
