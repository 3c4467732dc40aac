"""WGAN-GP on images: the gradient norm is taken over the channel axis only, so every pixel is pushed to norm one.

Source (real): https://github.com/Zeleni9/pytorch-wgan/issues/40
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'gradients_norm = tf.norm(gradients, ord=2, axis=1)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, C, S, h = 8, 2, 4, 6
    conv = tf.Variable(rng.normal(size=(3, 3, C, h)).astype("float32") * 0.5, name="conv")
    cb = tf.Variable(rng.normal(size=(h,)).astype("float32") * 0.2, name="conv_bias")
    head = tf.Variable(rng.normal(size=(h * 4, 1)).astype("float32") * 0.4, name="head")
    batch = {
        "real": rng.normal(size=(n, C, S, S)).astype("float32"),
        "fake": (rng.normal(size=(n, C, S, S)) * 0.5 + 0.3).astype("float32"),
        "eta": rng.uniform(size=(n, 1, 1, 1)).astype("float32"),
    }
    lambda_term = 10.0

    def critic(x):
        y = tf.nn.conv2d(tf.transpose(x, (0, 2, 3, 1)), conv, 1, "VALID") + cb
        return tf.reshape(tf.nn.tanh(y), (-1, h * 4)) @ head

    def reference(b):
        wasserstein = tf.reduce_mean(critic(b["fake"])) - tf.reduce_mean(critic(b["real"]))
        mid = b["eta"] * b["real"] + (1.0 - b["eta"]) * b["fake"]
        with tf.GradientTape() as tape:
            tape.watch(mid)
            out = critic(mid)
        flat = tf.reshape(tape.gradient(out, mid), (n, -1))
        slope = tf.sqrt(tf.reduce_sum(flat ** 2, axis=1))
        return wasserstein + lambda_term * tf.reduce_mean((slope - 1.0) ** 2)

    def calculate_gradient_penalty(real_images, fake_images, eta):
        interpolated = eta * real_images + (1.0 - eta) * fake_images
        with tf.GradientTape() as tape:
            tape.watch(interpolated)
            prob_interpolated = critic(interpolated)
        gradients = tape.gradient(prob_interpolated, interpolated)
        gradients_norm = tf.norm(gradients, ord=2, axis=1)
        return tf.reduce_mean((gradients_norm - 1.0) ** 2) * lambda_term

    def candidate(b):
        d_loss_real = tf.reduce_mean(critic(b["real"]))
        d_loss_fake = tf.reduce_mean(critic(b["fake"]))
        gradient_penalty = calculate_gradient_penalty(b["real"], b["fake"], b["eta"])
        return d_loss_fake - d_loss_real + gradient_penalty

    return {"variables": [conv, cb, head], "batch": batch, "reference": reference, "candidate": candidate}
