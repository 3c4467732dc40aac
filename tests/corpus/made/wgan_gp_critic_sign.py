"""WGAN-GP critic (nested tape for the penalty): mean(real) - mean(fake) is minimised instead of maximised.

Origin (realistic): the Wasserstein estimate, meant for the log, used as the critic's loss.
Right answer: NOT equivalent; the Wasserstein part is reversed, the penalty is right.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'wass = tf.reduce_mean(critic(b["real"])) - tf.reduce_mean(critic(b["fake"]))',
    "same_forward_value": False,
}

_LAMBDA = 2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 22, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.7 * arr(d, hid), name="critic_w1")
    w2 = tf.Variable(0.7 * arr(hid, 1), name="critic_w2")
    batch = {"real": (arr(n, d) + 0.8).astype(f), "fake": arr(n, d), "mix": rng.random((n, 1)).astype(f)}

    def critic(x):
        return tf.tanh(x @ w1) @ w2

    def reference(b):
        m = b["real"].shape[0]
        total = 0.0
        for i in range(m):
            r, k, u = b["real"][i : i + 1], b["fake"][i : i + 1], b["mix"][i, 0]
            total += critic(k)[0, 0] - critic(r)[0, 0]
            act = tf.tanh((u * r + (1.0 - u) * k) @ w1)
            slope = tf.linalg.matvec(w1, (1.0 - tf.square(act))[0] * w2[:, 0])
            total += _LAMBDA * tf.square(tf.sqrt(tf.reduce_sum(tf.square(slope))) - 1.0)
        return total / m

    def candidate(b):
        wass = tf.reduce_mean(critic(b["real"])) - tf.reduce_mean(critic(b["fake"]))
        between = b["mix"] * b["real"] + (1.0 - b["mix"]) * b["fake"]
        with tf.GradientTape() as inner:
            inner.watch(between)
            score = critic(between)
        slope = inner.gradient(score, between)
        penalty = tf.reduce_mean(tf.square(tf.norm(slope, axis=-1) - 1.0))
        return wass + _LAMBDA * penalty

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
