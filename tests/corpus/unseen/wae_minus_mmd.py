"""Wasserstein autoencoder: the MMD between the codes and the prior is subtracted from the reconstruction loss.

Source (real): https://github.com/schelotto/Wasserstein-AutoEncoders/issues/6 (PyTorch, ported; the answer: solved in pull request 10).
Right answer: NOT equivalent; the encoder is pushed away from the prior.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'total_loss = recon_loss - mmd_loss',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, z_dim = 16, 6, 3

    enc = tf.Variable(0.5 * arr(d, z_dim), name="enc_w")
    dec = tf.Variable(0.5 * arr(z_dim, d), name="dec_w")
    batch = {"x": arr(n, d), "prior": arr(n, z_dim)}

    def reference(b):
        codes = tf.tanh(b["x"] @ enc) * 2.0
        m = codes.shape[0]

        def k(u, v):
            gap = tf.reduce_sum((u - v) ** 2)
            return sum(2.0 * z_dim * s / (2.0 * z_dim * s + gap) for s in (0.5, 1.0, 2.0))

        mmd = 0.0
        for i in range(m):
            for j in range(m):
                if i != j:
                    mmd += (k(codes[i], codes[j]) + k(b["prior"][i], b["prior"][j])) / (m * (m - 1))
                mmd -= 2.0 * k(codes[i], b["prior"][j]) / m**2
        return tf.reduce_mean((codes @ dec - b["x"]) ** 2) + 5.0 * mmd

    def candidate(b):
        def imq_kernel(X, Y):
            batch_size = X.shape[0]

            def sq(A, B):
                a2 = tf.reduce_sum(tf.square(A), axis=1, keepdims=True)
                b2 = tf.reduce_sum(tf.square(B), axis=1)
                return a2 + b2 - 2 * tf.matmul(A, B, transpose_b=True)

            stats = 0.0
            for scale in [0.5, 1.0, 2.0]:
                C = 2 * z_dim * scale
                res1 = C / (C + sq(X, X)) + C / (C + sq(Y, Y))
                res1 = (1 - tf.eye(batch_size, dtype=X.dtype)) * res1
                stats += tf.reduce_sum(res1) / (batch_size * (batch_size - 1))
                res2 = C / (C + sq(X, Y))
                stats -= tf.reduce_sum(res2) * 2.0 / batch_size**2
            return stats

        z_fake = 2.0 * tf.tanh(b["x"] @ enc)
        recon_loss = tf.reduce_mean(tf.square(z_fake @ dec - b["x"]))
        mmd_loss = 5.0 * imq_kernel(z_fake, b["prior"])
        total_loss = recon_loss - mmd_loss
        return total_loss

    return {"variables": [enc, dec], "batch": batch, "reference": reference, "candidate": candidate}
