"""WGAN-GP on images: the gradient norm is taken over axis 1 only.

Source (real): https://github.com/hwalsuklee/tensorflow-generative-model-collections/pull/22 (TensorFlow),
caogang/wgan-gp issue 25, eriklindernoren/PyTorch-GAN issue 20, baumgach/vagan-code issue 2.
Right answer: NOT equivalent; the penalty is applied per column and channel instead of per image.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "slopes = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1]))",
    "same_forward_value": False,
}

LAMBDA = 10.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, ch, feat = 12, 5, 4, 2, 3
    conv = keras.layers.Conv2D(feat, 3, padding="same", name="d_conv", dtype=f)
    score = keras.layers.Dense(1, use_bias=False, name="d_score", dtype=f)
    conv.build((None, h, w, ch))
    score.build((None, h * w * feat))
    for layer in (conv, score):
        layer.set_weights([0.4 * rng.standard_normal(p.shape).astype(f) for p in layer.get_weights()])
    batch = {
        "real": rng.standard_normal((n, h, w, ch)).astype(f),
        "fake": (0.5 + 0.7 * rng.standard_normal((n, h, w, ch))).astype(f),
        "alpha": rng.uniform(size=(n, 1, 1, 1)).astype(f),
    }

    def critic(x):
        hid = tf.tanh(conv(x))
        return score(tf.reshape(hid, [-1, h * w * feat]))

    def reference(b):
        m = b["real"].shape[0]
        total = 0.0
        for i in range(m):
            real, fake, a = (b[k][i : i + 1] for k in ("real", "fake", "alpha"))
            x = real + a * (fake - real)
            with tf.GradientTape() as tape:
                tape.watch(x)
                s = critic(x)
            g = tape.gradient(s, x)
            total += critic(fake)[0, 0] - critic(real)[0, 0]
            total += LAMBDA * tf.square(tf.norm(tf.reshape(g, [-1])) - 1.0)
        return total / m

    def candidate(b):
        def gradient_penalty(real, fake):
            mixed = real + b["alpha"] * (fake - real)
            with tf.GradientTape() as gp_tape:
                gp_tape.watch(mixed)
                pred = critic(mixed)
            grads = gp_tape.gradient(pred, [mixed])[0]
            slopes = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1]))
            return tf.reduce_mean((slopes - 1.0) ** 2)

        d_cost = tf.reduce_mean(critic(b["fake"])) - tf.reduce_mean(critic(b["real"]))
        return d_cost + LAMBDA * gradient_penalty(b["real"], b["fake"])

    return {
        "variables": conv.trainable_variables + score.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
