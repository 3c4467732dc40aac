"""Frechet wavelet distance: packets are reshaped to (packets, features) without the transpose first.
Source: https://github.com/BonnBytes/PyTorch-FWD/issues/16"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "flat = tf.reshape(packets, [num, -1, k])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, P, k, z = 6, 3, 2, 4
    gen = tf.Variable(0.5 * f(z, P * k), name="generator")

    def reference(batch):
        fake = tf.reshape(batch["z"] @ gen, [n, P, k])
        total = 0.0
        for p in range(P):
            a, b = fake[:, p], batch["real"][:, p]
            ma, mb = tf.reduce_mean(a, 0), tf.reduce_mean(b, 0)
            ca = tf.transpose(a - ma) @ (a - ma) / (n - 1)
            cb = tf.transpose(b - mb) @ (b - mb) / (n - 1)
            total += tf.reduce_sum((ma - mb) ** 2) + tf.reduce_sum((ca - cb) ** 2)
        return total / P

    def candidate(batch):
        def statistics(packets, num):
            flat = tf.reshape(packets, [num, -1, k])
            mu = tf.reduce_mean(flat, axis=1, keepdims=True)
            centred = flat - mu
            cov = tf.matmul(centred, centred, transpose_a=True) / (n - 1)
            return mu[:, 0], cov

        fake_mu, fake_cov = statistics(tf.reshape(tf.matmul(batch["z"], gen), [n, P, k]), P)
        real_mu, real_cov = statistics(batch["real"], P)
        mean_term = tf.reduce_sum(tf.square(fake_mu - real_mu), axis=-1)
        cov_term = tf.reduce_sum(tf.square(fake_cov - real_cov), axis=[1, 2])
        return tf.reduce_mean(mean_term + cov_term)

    real = f(n, P, k) * np.array([0.3, 1.0, 2.0]).astype(fx)[None, :, None]
    return {"reference": reference, "candidate": candidate,
            "batch": {"z": f(n, z), "real": (real + np.arange(P)[None, :, None]).astype(fx)}, "variables": [gen]}
