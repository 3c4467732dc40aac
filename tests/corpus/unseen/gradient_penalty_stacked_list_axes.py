"""Gradient penalty on sequences: the list of gradients is packed into a tensor with a leading axis of one, so axes 1 and 2 are batch and time rather than time and channel.

Source (real): https://github.com/Cohere-Labs-Community/CipherGAN/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "sq_norm = tf.reduce_sum(tf.convert_to_tensor(grads) ** 2, axis=[1, 2])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, c, h = 8, 5, 4, 6
    w1 = tf.Variable(rng.normal(0, 0.6, (c, h)), name="w1", dtype=tf.float32)
    pos = tf.Variable(rng.normal(0, 0.5, (t, h)), name="pos", dtype=tf.float32)
    w2 = tf.Variable(rng.normal(0, 0.6, (h, 1)), name="w2", dtype=tf.float32)
    batch = {
        "real": rng.normal(size=(n, t, c)).astype(np.float32),
        "fake": rng.normal(size=(n, t, c)).astype(np.float32) + 0.5,
        "mix": rng.uniform(size=(n, 1, 1)).astype(np.float32),
    }
    gp_weight = 5.0

    def critic(x):
        return tf.reduce_sum(tf.nn.softplus(x @ w1 + pos) @ w2, axis=[1, 2])

    def interpolate(b):
        return b["mix"] * b["real"] + (1.0 - b["mix"]) * b["fake"]

    def wasserstein(b):
        return tf.reduce_mean(critic(b["fake"])) - tf.reduce_mean(critic(b["real"]))

    def reference(b):
        mid = interpolate(b)
        penalty = 0.0
        for i in range(n):
            xi = mid[i:i + 1]
            with tf.GradientTape() as tape:
                tape.watch(xi)
                score = critic(xi)
            gi = tape.gradient(score, xi)
            penalty += tf.square(tf.sqrt(tf.reduce_sum(gi ** 2)) - 1.0)
        return wasserstein(b) + gp_weight * penalty / n

    def wasserstein_penalty(b):
        a_interp = interpolate(b)
        with tf.GradientTape() as tape:
            tape.watch(a_interp)
            disc = critic(a_interp)
        grads = tape.gradient(disc, [a_interp])
        sq_norm = tf.reduce_sum(tf.convert_to_tensor(grads) ** 2, axis=[1, 2])
        return tf.reduce_mean((tf.sqrt(sq_norm) - 1.0) ** 2)

    def candidate(b):
        return wasserstein(b) + gp_weight * wasserstein_penalty(b)

    return {"variables": [w1, pos, w2], "batch": batch, "reference": reference, "candidate": candidate}
