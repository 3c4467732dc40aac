"""Attention-guided CycleGAN: the real images of domain B are judged by discriminator A in B's discriminator loss.
Source: https://github.com/alokwhitewolf/Pytorch-Attention-Guided-CycleGAN/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'dis_loss_b = fake_target(dis["B"], gen_b) + fake_target(dis["B"], gen_b_masked) + 2 * real_target(dis["A"], real_b)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, d, h = 5, 6, 5
    names = ["a_w1", "a_w2", "b_w1", "b_w2"]
    shapes = [(d, h), (h, 1), (d, h), (h, 1)]
    va1, va2, vb1, vb2 = [tf.Variable(rng.normal(size=s, scale=0.6).astype(fx), name=n) for s, n in zip(shapes, names)]

    def disc_a(x):
        return tf.matmul(tf.nn.leaky_relu(tf.matmul(x, va1)), va2)

    def disc_b(x):
        return tf.matmul(tf.nn.leaky_relu(tf.matmul(x, vb1)), vb2)

    def reference(batch):
        losses = []
        for net, dom in ((disc_a, "a"), (disc_b, "b")):
            real, fake, masked = batch["real_" + dom], batch["gen_" + dom], batch["masked_" + dom]
            r = tf.reduce_mean(tf.square(net(real) - 1.0))
            f = tf.reduce_mean(tf.square(net(fake))) + tf.reduce_mean(tf.square(net(masked)))
            losses.append(2.0 * r + f)
        return sum(losses)

    def candidate(batch):
        dis = {"A": disc_a, "B": disc_b}

        def real_target(net, x):
            return tf.reduce_mean((net(x) - 1.0) ** 2)

        def fake_target(net, x):
            return tf.reduce_mean(net(x) ** 2)

        real_a, gen_a, gen_a_masked = batch["real_a"], batch["gen_a"], batch["masked_a"]
        real_b, gen_b, gen_b_masked = batch["real_b"], batch["gen_b"], batch["masked_b"]
        dis_loss_a = fake_target(dis["A"], gen_a) + fake_target(dis["A"], gen_a_masked) + 2 * real_target(dis["A"], real_a)
        dis_loss_b = fake_target(dis["B"], gen_b) + fake_target(dis["B"], gen_b_masked) + 2 * real_target(dis["A"], real_b)
        return dis_loss_a + dis_loss_b

    keys = ["real_a", "gen_a", "masked_a", "real_b", "gen_b", "masked_b"]
    return {"reference": reference, "candidate": candidate,
            "batch": {k: rng.normal(size=(b, d)).astype(fx) for k in keys},
            "variables": [va1, va2, vb1, vb2]}
