"""Learning to diversify: the loss of the style-complement module G subtracts the divergence term left over from a rebuttal run.
Source: https://github.com/BUserName/Learning_to_diversify/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "return dist - beta * div",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, e, beta = 6, 8, 4, 0.7
    style = keras.layers.Dense(d, name="style")
    style.build((None, d))
    enc = tf.constant((0.6 * rng.standard_normal((d, 2 * e))).astype(f))

    def encode(x):
        h = tf.tanh(x) @ enc
        return h[:, :e], h[:, e:]

    def reference(batch):
        x = batch["x"]
        g = tf.sigmoid(style(x))
        mu, lv = encode(x)
        mu_g, lv_g = encode(g)
        up = tf.zeros((), f)
        for i in range(n):
            for j in range(n):
                up += tf.reduce_sum((mu[j] - mu_g[i]) ** 2 / tf.exp(lv_g[i]))
                up -= tf.reduce_sum((mu[i] - mu_g[i]) ** 2 / tf.exp(lv_g[i]))
        mi = -0.5 * up / n ** 2
        gap = tf.reduce_sum((tf.reduce_mean(mu, 0) - tf.reduce_mean(mu_g, 0)) ** 2)
        return beta * gap + mi

    def candidate(batch):
        inputs = batch["x"]
        aug = tf.sigmoid(style(inputs))
        mu, _ = encode(inputs)
        mu_aug, logvar_aug = encode(aug)

        def club(target, m, logvar):
            inv = tf.exp(-logvar)
            positive = -tf.square(m - target) * inv / 2.0
            cross = tf.square(target[None, :, :] - m[:, None, :])
            negative = -tf.reduce_mean(cross, axis=1) * inv / 2.0
            return tf.reduce_mean(tf.reduce_sum(negative, axis=-1) - tf.reduce_sum(positive, axis=-1))

        dist = club(mu, mu_aug, logvar_aug)
        delta = tf.reduce_mean(mu, axis=0) - tf.reduce_mean(mu_aug, axis=0)
        div = tf.reduce_sum(tf.square(delta))
        return dist - beta * div

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(f)},
            "variables": style.trainable_variables}
