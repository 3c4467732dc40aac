"""MelGAN vocoder: the feature matching loss is normalised wrongly, only by the last discriminator's number of layers
and not by the number of discriminators.
Source: https://github.com/kan-bayashi/ParallelWaveGAN/pull/72"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "fm_loss /= j + 1",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, mel, length = 3, 4, 8
    g1, g2 = var("g1", mel, 6), var("g2", 6, length)
    disc = []
    for s in (1, 2, 4):
        disc.append([(0.5 * rng.normal(size=(length // s, 6))).astype(fx), (0.5 * rng.normal(size=(6, 5))).astype(fx), rng.normal(size=(5, 1)).astype(fx)])

    def reference(batch):
        y = tf.tanh(tf.nn.leaky_relu(batch["c"] @ g1) @ g2)
        adv, fm, count = 0.0, 0.0, 0
        for s, layers in zip((1, 2, 4), disc):
            a = tf.reduce_mean(tf.reshape(y, (n, -1, s)), -1)
            b = tf.reduce_mean(tf.reshape(batch["y"], (n, -1, s)), -1)
            for k in layers[:-1]:
                a, b = tf.nn.leaky_relu(a @ k), tf.nn.leaky_relu(b @ k)
                fm += tf.reduce_mean(tf.abs(a - b))
                count += 1
            adv += tf.reduce_mean((a @ layers[-1] - 1.0) ** 2)
        return adv / 3 + 10.0 * fm / count

    def candidate(batch):
        def discriminator(x):
            outs = []
            for i, kernels in enumerate(disc):
                h = tf.reduce_mean(tf.reshape(x, (n, length // 2 ** i, 2 ** i)), axis=-1)
                feats = []
                for kern in kernels[:-1]:
                    h = tf.nn.leaky_relu(tf.matmul(h, kern))
                    feats.append(h)
                outs.append(feats + [tf.matmul(h, kernels[-1])])
            return outs

        y_ = tf.tanh(tf.matmul(tf.nn.leaky_relu(tf.matmul(batch["c"], g1)), g2))
        p_, p = discriminator(y_), discriminator(batch["y"])
        adv_loss = 0.0
        for out in p_:
            adv_loss += tf.reduce_mean(tf.square(out[-1] - 1.0))
        adv_loss /= len(p_)
        fm_loss = 0.0
        for i in range(len(p_)):
            for j in range(len(p_[i]) - 1):
                fm_loss += tf.reduce_mean(tf.abs(p_[i][j] - tf.stop_gradient(p[i][j])))
        fm_loss /= j + 1
        return adv_loss + 10.0 * fm_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"c": rng.normal(size=(n, mel)).astype(fx), "y": rng.uniform(-1, 1, (n, length)).astype(fx)},
            "variables": [g1, g2]}
