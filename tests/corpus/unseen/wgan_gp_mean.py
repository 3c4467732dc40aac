"""The gradient penalty of the paper is the mean of the squared deviations of the norms from one; the
code squares the mean deviation. Source: https://github.com/wiseodd/generative-models/issues/31"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'grad_pen = lam * tf.reduce_mean(grad_norm - 1.0) ** 2',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, d, h, lam = 5, 4, 6, 10.0
    real, fake = normal(b, d), normal(b, d)
    eps = rng.random((b, 1)).astype(fx)
    label_w = np.array([1.0, 0.5, 1.0, 2.0, 1.0], dtype=fx)
    w1 = var("w1", d, h)
    b1 = var("b1", h)
    w2 = var("w2", h, 1)

    def critic(x):
        return tf.tanh(x @ w1 + b1) @ w2

    def reference(batch):
        penalties = []
        for i in range(b):
            x_hat = batch["eps"][i] * batch["real"][i] + (1.0 - batch["eps"][i]) * batch["fake"][i]
            act = tf.tanh(tf.linalg.matvec(w1, x_hat, transpose_a=True) + b1)
            g = tf.linalg.matvec(w1, (1.0 - act ** 2) * w2[:, 0])
            penalties.append((tf.sqrt(tf.reduce_sum(g ** 2)) - 1.0) ** 2)
        gp = tf.add_n(penalties) / b
        drift = tf.reduce_mean(batch["label_w"][:, None] * (critic(batch["fake"]) - critic(batch["real"])))
        return drift + lam * gp

    def candidate(batch):
        x, g_sample, eps_ = batch["real"], batch["fake"], batch["eps"]
        d_real, d_fake = critic(x), critic(g_sample)
        x_inter = eps_ * x + (1.0 - eps_) * g_sample
        with tf.GradientTape() as inner:
            inner.watch(x_inter)
            d_inter = tf.reduce_sum(critic(x_inter))
        grad = inner.gradient(d_inter, x_inter)
        grad_norm = tf.sqrt(tf.reduce_sum(grad ** 2, axis=1))
        grad_pen = lam * tf.reduce_mean(grad_norm - 1.0) ** 2
        weight = batch["label_w"][:, None]
        return tf.reduce_mean(weight * d_fake) - tf.reduce_mean(weight * d_real) + grad_pen

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": real, "fake": fake, "eps": eps, "label_w": label_w},
            "variables": [w1, b1, w2]}
