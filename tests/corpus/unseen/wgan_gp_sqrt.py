"""WGAN-GP example: the norm of the critic's gradient at the interpolated images; training runs into NaN.
Source: https://github.com/keras-team/keras-io/issues/624"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'numerics',
    "line_marker": 'norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1, 2, 3]))',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, s = 4, 3
    w1 = tf.Variable(rng.normal(0, 0.5, (s * s, 6)).astype(fx), name="critic_w1")
    b1 = tf.Variable((-0.05 - 0.1 * rng.uniform(size=6)).astype(fx), name="critic_b1")
    w2 = tf.Variable(rng.normal(0, 0.7, (6, 1)).astype(fx), name="critic_w2")
    real = rng.normal(size=(n, s, s, 1))
    fake = rng.normal(size=(n, s, s, 1))
    real[2] = 0.0
    fake[2] = 0.0

    def critic(img):
        return tf.nn.relu(tf.reshape(img, (-1, s * s)) @ w1 + b1) @ w2

    def reference(batch):
        mix = batch["real"] + batch["alpha"][:, None, None, None] * (batch["fake"] - batch["real"])
        with tf.GradientTape() as tape:
            tape.watch(mix)
            out = critic(mix)
        g = tf.reshape(tape.gradient(out, mix), (n, -1))
        lengths = tf.sqrt(tf.reduce_sum(g * g, axis=1) + 1e-24)
        gp = tf.reduce_mean((lengths - 1.0) ** 2)
        return tf.reduce_mean(critic(batch["fake"]) - critic(batch["real"])) + 10.0 * gp

    def candidate(batch):
        diff = batch["fake"] - batch["real"]
        interpolated = batch["real"] + tf.reshape(batch["alpha"], (n, 1, 1, 1)) * diff
        with tf.GradientTape() as gp_tape:
            gp_tape.watch(interpolated)
            pred = critic(interpolated)
        grads = gp_tape.gradient(pred, [interpolated])[0]
        norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1, 2, 3]))
        gp = tf.reduce_mean((norm - 1.0) ** 2)
        d_cost = tf.reduce_mean(critic(batch["fake"])) - tf.reduce_mean(critic(batch["real"]))
        return d_cost + 10.0 * gp

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": real.astype(fx), "fake": fake.astype(fx),
                      "alpha": rng.uniform(size=n).astype(fx)},
            "variables": [w1, b1, w2]}
