"""The gradient penalty takes the norm of the image gradient over the channel axis only, not per sample.

Source (real): https://github.com/caogang/wgan-gp/issues/27
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=-1) + 1e-12)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, hw, ch = 6, 6, 2
    k1 = tf.Variable(rng.normal(0, 0.3, (3, 3, ch, 4)).astype("float32"), name="conv_kernel")
    b1 = tf.Variable(rng.normal(0, 0.1, (4,)).astype("float32"), name="conv_bias")
    w2 = tf.Variable(rng.normal(0, 0.2, (hw * hw * 4, 1)).astype("float32"), name="dense_kernel")
    lam = 10.0
    batch = {
        "real": rng.normal(0, 1, (n, hw, hw, ch)).astype("float32"),
        "fake": rng.normal(0.3, 1, (n, hw, hw, ch)).astype("float32"),
        "eps": rng.uniform(0, 1, (n, 1, 1, 1)).astype("float32"),
    }

    def critic(x):
        h = tf.nn.tanh(tf.nn.conv2d(x, k1, 1, "SAME") + b1)
        return tf.squeeze(tf.reshape(h, (-1, hw * hw * 4)) @ w2, 1)

    def input_gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            out = tf.reduce_sum(critic(x))
        return tape.gradient(out, x)

    def reference(b):
        wasserstein = tf.reduce_mean(critic(b["fake"])) - tf.reduce_mean(critic(b["real"]))
        mixed = b["eps"] * b["real"] + (1.0 - b["eps"]) * b["fake"]
        flat = tf.reshape(input_gradient(mixed), (n, -1))
        penalty = tf.reduce_mean((tf.norm(flat, axis=1) - 1.0) ** 2)
        return wasserstein + lam * penalty

    def candidate(b):
        d_real, d_fake = critic(b["real"]), critic(b["fake"])
        interpolates = b["fake"] + b["eps"] * (b["real"] - b["fake"])
        gradients = input_gradient(interpolates)
        slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=-1) + 1e-12)
        gradient_penalty = tf.reduce_mean(tf.square(slopes - 1.0)) * lam
        return tf.reduce_mean(d_fake) - tf.reduce_mean(d_real) + gradient_penalty

    return {"variables": [k1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
