"""The Wasserstein auto-encoder minimised reconstruction minus MMD, pushing the code away from the prior.
Source: https://github.com/schelotto/Wasserstein-AutoEncoders/pull/10"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "return recon_loss - reg * mmd_loss",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, d, z_dim, reg = 6, 5, 3, 8.0
    enc = tf.Variable(rng.normal(size=(d, z_dim)).astype(fx) * 0.8, name="enc")
    dec = tf.Variable(rng.normal(size=(z_dim, d)).astype(fx) * 0.8, name="dec")

    def reference(batch):
        code = tf.tanh(batch["x"] @ enc) * 2.0
        rec = tf.reduce_sum(tf.square(code @ dec - batch["x"])) / n

        def k(a, b):
            return 2.0 * z_dim / (2.0 * z_dim + tf.reduce_sum(tf.square(a - b)))

        mmd = 0.0
        for i in range(n):
            for j in range(n):
                if i != j:
                    mmd += (k(code[i], code[j]) + k(batch["prior"][i], batch["prior"][j])) / (n * (n - 1))
                mmd -= 2.0 * k(code[i], batch["prior"][j]) / n ** 2
        return rec + reg * mmd

    def candidate(batch):
        def imq_kernel(a, b):
            d2 = tf.reduce_sum(tf.square(a[:, None, :] - b[None, :, :]), axis=-1)
            c = 2.0 * z_dim
            return c / (c + d2)

        z_fake = batch["prior"]
        z_real = 2.0 * tf.tanh(batch["x"] @ enc)
        x_recon = z_real @ dec
        recon_loss = tf.reduce_mean(tf.reduce_sum(tf.square(x_recon - batch["x"]), axis=1))
        off = 1.0 - tf.eye(n, dtype=x_recon.dtype)
        same = (imq_kernel(z_real, z_real) + imq_kernel(z_fake, z_fake)) * off
        cross = imq_kernel(z_real, z_fake)
        mmd_loss = tf.reduce_sum(same) / (n * (n - 1)) - 2.0 * tf.reduce_mean(cross)
        return recon_loss - reg * mmd_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "prior": rng.normal(size=(n, z_dim)).astype(fx)},
            "variables": [enc, dec]}
