"""Wrong: the KL term is averaged over the latent dimensions instead of summed, against a summed reconstruction.

Source (real): https://github.com/mkusner/grammarVAE/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "kl_loss = -0.5 * tf.reduce_mean(1 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var), axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    T, C, L = 5, 4, 6
    enc = tf.Variable(rng.normal(0, 0.3, (T * C, 2 * L)).astype("float32"), name="enc")
    dec = tf.Variable(rng.normal(0, 0.3, (L, T * C)).astype("float32"), name="dec")
    dec_b = tf.Variable(np.zeros(T * C, "float32"), name="dec_b")
    n = 10
    batch = {
        "x": np.eye(C, dtype="float32")[rng.integers(0, C, (n, T))],
        "noise": rng.normal(size=(n, L)).astype("float32"),
    }

    def encode(x):
        return tf.split(tf.reshape(x, [-1, T * C]) @ enc, 2, axis=1)

    def decode(z):
        return tf.reshape(z @ dec + dec_b, [-1, T, C])

    def reference(b):
        mu, logvar = encode(b["x"])
        z = mu + tf.exp(0.5 * logvar) * b["noise"]
        xent = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["x"], logits=decode(z))
        rec = tf.reduce_sum(xent, axis=[1, 2])
        kl = 0.5 * tf.reduce_sum(mu**2 + tf.exp(logvar) - logvar - 1.0, axis=1)
        return tf.reduce_mean(rec + kl)

    def candidate(b):
        z_mean, z_log_var = encode(b["x"])
        std = tf.exp(z_log_var / 2)
        z = z_mean + std * b["noise"]
        x_logits = decode(z)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["x"], logits=x_logits)
        xent_loss = T * C * tf.reduce_mean(bce, axis=[1, 2])
        kl_loss = -0.5 * tf.reduce_mean(1 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var), axis=-1)
        return tf.reduce_mean(xent_loss + kl_loss)

    return {"variables": [enc, dec, dec_b], "batch": batch, "reference": reference, "candidate": candidate}
