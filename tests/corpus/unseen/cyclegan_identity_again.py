"""CycleGAN's identity loss compares A with its translation A2B; it should be the generator into
domain A fed with an image of domain A. Source: https://github.com/LynnHo/CycleGAN-Tensorflow-2/issues/19"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'A2A = A2B',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, dim, hid = 4, 6, 5
    ab1, ab2 = var("g_a2b_in", dim, hid), var("g_a2b_out", hid, dim)
    ba1, ba2 = var("g_b2a_in", dim, hid), var("g_b2a_out", hid, dim)
    disc_a, disc_b = arr(dim, 1), arr(dim, 1)

    def g_a2b(x):
        return tf.tanh(tf.matmul(tf.nn.softplus(tf.matmul(x, ab1)), ab2))

    def g_b2a(x):
        return tf.tanh(tf.matmul(tf.nn.softplus(tf.matmul(x, ba1)), ba2))

    def mae(x, y):
        return tf.reduce_mean(tf.abs(x - y))

    def reference(batch):
        a, b = batch["a"], batch["b"]
        fake_b, fake_a = g_a2b(a), g_b2a(b)
        adversarial = tf.reduce_mean(tf.square(tf.matmul(fake_b, batch["disc_b"]) - 1.0))
        adversarial += tf.reduce_mean(tf.square(tf.matmul(fake_a, batch["disc_a"]) - 1.0))
        cycle = mae(g_b2a(fake_b), a) + mae(g_a2b(fake_a), b)
        identity = mae(g_b2a(a), a) + mae(g_a2b(b), b)
        return adversarial + 10.0 * cycle + 5.0 * identity

    def candidate(batch):
        A, B = batch["a"], batch["b"]
        A2B = g_a2b(A)
        B2A = g_b2a(B)
        A2B2A = g_b2a(A2B)
        B2A2B = g_a2b(B2A)
        A2A = A2B
        B2B = g_a2b(B)
        g_loss = tf.reduce_mean(tf.square(1.0 - tf.matmul(A2B, batch["disc_b"])))
        g_loss += tf.reduce_mean(tf.square(1.0 - tf.matmul(B2A, batch["disc_a"])))
        cycle_loss = mae(A, A2B2A) + mae(B, B2A2B)
        id_loss = mae(A, A2A) + mae(B, B2B)
        return g_loss + cycle_loss * 10.0 + id_loss * 5.0

    return {"reference": reference, "candidate": candidate,
            "batch": {"a": arr(n, dim), "b": arr(n, dim), "disc_a": disc_a, "disc_b": disc_b},
            "variables": [ab1, ab2, ba1, ba2]}
