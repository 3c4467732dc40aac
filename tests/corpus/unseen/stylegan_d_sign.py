"""Thread: a pull request says that the sign of the discriminator's Wasserstein loss is reversed.
Source: https://github.com/rosinality/style-based-gan-pytorch/pull/60"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "critic_loss = real_mean - fake_mean",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, p, drift, lam = 5, 6, 0.001, 10.0
    w1 = tf.Variable(rng.normal(size=(p, 8)).astype(fx) * 0.5, name="disc_w1")
    w2 = tf.Variable(rng.normal(size=(8, 1)).astype(fx), name="disc_w2")

    def disc(x):
        return tf.matmul(tf.nn.softplus(tf.matmul(x, w1)), w2)

    def penalty(batch):
        x_hat = batch["eps"] * batch["real"] + (1 - batch["eps"]) * batch["fake"]
        with tf.GradientTape() as tape:
            tape.watch(x_hat)
            out = tf.reduce_sum(disc(x_hat))
        g = tape.gradient(out, x_hat)
        return lam * tf.reduce_mean((tf.norm(g, axis=1) - 1.0) ** 2)

    def reference(batch):
        real, fake = disc(batch["real"]), disc(batch["fake"])
        return tf.reduce_mean(fake) - tf.reduce_mean(real) + drift * tf.reduce_mean(real**2) + penalty(batch)

    def candidate(batch):
        real_predict = disc(batch["real"])
        fake_predict = disc(batch["fake"])
        real_mean = tf.reduce_mean(real_predict)
        fake_mean = tf.reduce_mean(fake_predict)
        critic_loss = real_mean - fake_mean
        drift_loss = drift * tf.reduce_mean(tf.square(real_predict))
        grad_penalty = penalty(batch)
        return critic_loss + drift_loss + grad_penalty

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": (rng.normal(size=(n, p)) + 1).astype(fx), "fake": rng.normal(size=(n, p)).astype(fx),
                      "eps": rng.random((n, 1)).astype(fx)},
            "variables": [w1, w2]}
