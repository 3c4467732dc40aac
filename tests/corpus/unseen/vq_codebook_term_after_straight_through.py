"""The codebook term uses the straight-through output, whose gradient belongs to the encoder; the codebook never moves.

Source (real): https://github.com/andylolu2/jax-vqvae-gpt/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'commit = tf.reduce_mean(tf.square(q_st - tf.stop_gradient(z)))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, z_dim, codes = 12, 6, 3, 5
    mk = lambda name, *s: tf.Variable((0.6 * rng.normal(size=s)).astype(np.float32), name=name)
    enc, dec, codebook = mk("enc", d, z_dim), mk("dec", z_dim, d), mk("codebook", codes, z_dim)
    batch = {"x": rng.normal(size=(n, d)).astype(np.float32)}
    beta = 0.25

    def nearest(z):
        dist = tf.reduce_sum(tf.square(z[:, None] - codebook[None]), -1)
        return tf.argmin(dist, axis=1)

    def decode(q):
        return tf.tanh(q) @ dec

    def reference(b):
        z_e = b["x"] @ enc
        onehot = tf.one_hot(nearest(z_e), codes)
        z_q = onehot @ codebook
        encoder_term = tf.reduce_mean(tf.square(tf.stop_gradient(z_q) - z_e))
        codebook_term = tf.reduce_mean(tf.square(z_q - tf.stop_gradient(z_e)))
        passed = z_e + tf.stop_gradient(z_q - z_e)
        rec = tf.reduce_mean(tf.square(decode(passed) - b["x"]))
        return rec + beta * encoder_term + codebook_term

    def candidate(b):
        z = tf.matmul(b["x"], enc)
        quantize = tf.gather(codebook, nearest(z))
        q_st = z + tf.stop_gradient(quantize - z)
        encoding = tf.reduce_mean(tf.square(tf.stop_gradient(q_st) - z))
        commit = tf.reduce_mean(tf.square(q_st - tf.stop_gradient(z)))
        recon = decode(q_st)
        return tf.reduce_mean(tf.square(recon - b["x"])) + beta * encoding + commit

    return {"variables": [enc, dec, codebook], "batch": batch, "reference": reference, "candidate": candidate}
