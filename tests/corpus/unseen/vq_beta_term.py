"""The commitment weight beta multiplies the codebook term of the VQ loss instead of the
term which holds the encoder to the codes. Source: https://github.com/MishaLaskin/vqvae/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": "vq = commit + beta * book",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, d, k = 6, 4, 5
    enc, dec, codes = var("enc", 5, d), var("dec", d, 5), var("codes", k, d)
    beta = 0.25

    def reference(batch):
        z = tf.tanh(batch["x"] @ enc)
        dist = tf.reduce_sum(tf.square(z[:, None] - codes[None]), -1)
        e = tf.gather(codes, tf.argmin(dist, axis=1))
        embedding_loss = tf.reduce_mean(tf.square(tf.stop_gradient(z) - e))
        encoder_loss = tf.reduce_mean(tf.square(z - tf.stop_gradient(e)))
        x_hat = (z + tf.stop_gradient(e - z)) @ dec
        return tf.reduce_mean(tf.square(x_hat - batch["x"])) + embedding_loss + beta * encoder_loss

    def candidate(batch):
        def quantize(z):
            d2 = (tf.reduce_sum(z ** 2, 1, keepdims=True) + tf.reduce_sum(codes ** 2, 1)
                  - 2.0 * tf.matmul(z, codes, transpose_b=True))
            one_hot = tf.one_hot(tf.argmin(d2, axis=1), k, dtype=z.dtype)
            z_q = tf.matmul(one_hot, codes)
            commit = tf.reduce_mean((tf.stop_gradient(z_q) - z) ** 2)
            book = tf.reduce_mean((z_q - tf.stop_gradient(z)) ** 2)
            vq = commit + beta * book
            return vq, z + tf.stop_gradient(z_q - z)

        vq_loss, z_st = quantize(tf.tanh(batch["x"] @ enc))
        recon = tf.reduce_mean((batch["x"] - tf.matmul(z_st, dec)) ** 2)
        return recon + vq_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, 5)},
            "variables": [enc, dec, codes]}
