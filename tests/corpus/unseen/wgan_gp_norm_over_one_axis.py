"""Wrong: the gradient penalty takes the norm over one image axis only, not over all axes but the batch.

Source (real): https://github.com/eriklindernoren/PyTorch-GAN/issues/20
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=1) + 1e-12)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    k = tf.Variable(rng.normal(0, 0.4, (3, 3, 1, 4)).astype("float32"), name="conv_k")
    w = tf.Variable(rng.normal(0, 0.2, (100, 1)).astype("float32"), name="head_w")
    n = 8
    batch = {
        "real": rng.normal(size=(n, 5, 5, 1)).astype("float32"),
        "fake": rng.normal(0.5, 1, size=(n, 5, 5, 1)).astype("float32"),
        "eps": rng.random((n, 1, 1, 1)).astype("float32"),
    }
    lam = 10.0

    def critic(img):
        h = tf.nn.softplus(tf.nn.conv2d(img, k, 1, "SAME"))
        return tf.reshape(h, [-1, 100]) @ w

    def reference(b):
        mixed = b["eps"] * b["real"] + (1 - b["eps"]) * b["fake"]
        with tf.GradientTape() as tape:
            tape.watch(mixed)
            out = tf.reduce_sum(critic(mixed))
        g = tf.reshape(tape.gradient(out, mixed), [n, -1])
        penalty = tf.reduce_mean((tf.norm(g, axis=1) - 1.0) ** 2)
        wass = tf.reduce_mean(critic(b["fake"])) - tf.reduce_mean(critic(b["real"]))
        return wass + lam * penalty

    def candidate(b):
        d_loss = tf.reduce_mean(critic(b["fake"])) - tf.reduce_mean(critic(b["real"]))
        differences = b["fake"] - b["real"]
        interpolates = b["real"] + (1.0 - b["eps"]) * differences
        with tf.GradientTape() as tape:
            tape.watch(interpolates)
            validity = critic(interpolates)
        gradients = tape.gradient(validity, interpolates)
        slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=1) + 1e-12)
        gradient_penalty = tf.reduce_mean(tf.square(slopes - 1.0))
        return d_loss + lam * gradient_penalty

    return {"variables": [k, w], "batch": batch, "reference": reference, "candidate": candidate}
