"""The gradient penalty of the image critic takes the norm over one axis of a rank-4 gradient only.
Source: https://github.com/caogang/wgan-gp/issues/56"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "slopes = tf.norm(gradients, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, h, lam = 3, 6, 10.0
    conv = keras.layers.Conv2D(4, 3, activation="tanh", name="conv")
    out = keras.layers.Dense(1, name="score")
    conv.build((None, h, h, 2))
    out.build((None, 4 * 4 * 4))

    def critic(x):
        return out(tf.reshape(conv(x), (-1, 64)))[:, 0]

    def reference(batch):
        w_dist = tf.reduce_mean(critic(batch["fake"])) - tf.reduce_mean(critic(batch["real"]))
        penalty = []
        for i in range(b):
            x = batch["alpha"][i] * batch["real"][i] + (1 - batch["alpha"][i]) * batch["fake"][i]
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = critic(x[None])[0]
            g = tf.reshape(tape.gradient(y, x), [-1])
            penalty.append((tf.sqrt(tf.reduce_sum(g * g)) - 1.0) ** 2)
        return w_dist + lam * tf.reduce_mean(tf.stack(penalty))

    def candidate(batch):
        def calc_gradient_penalty(real_data, fake_data):
            alpha = batch["alpha"][:, None, None, None]
            interpolates = alpha * real_data + (1 - alpha) * fake_data
            with tf.GradientTape() as tape:
                tape.watch(interpolates)
                disc_interpolates = critic(interpolates)
            gradients = tape.gradient(disc_interpolates, interpolates)
            slopes = tf.norm(gradients, axis=1)
            return tf.reduce_mean((slopes - 1) ** 2) * lam

        d_real = tf.reduce_mean(critic(batch["real"]))
        d_fake = tf.reduce_mean(critic(batch["fake"]))
        return d_fake - d_real + calc_gradient_penalty(batch["real"], batch["fake"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": rng.normal(size=(b, h, h, 2)).astype(fx), "fake": rng.normal(size=(b, h, h, 2)).astype(fx),
                      "alpha": rng.uniform(size=b).astype(fx)},
            "variables": conv.trainable_variables + out.trainable_variables}
