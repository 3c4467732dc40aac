"""beta multiplies the codebook term of the VQGAN quantizer instead of the commitment term.

Source (real): https://github.com/CompVis/taming-transformers/issues/57
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss += tf.reduce_mean((tf.stop_gradient(z_q) - z) ** 2) + beta * tf.reduce_mean(",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k, groups, e = 12, 8, 7, 2, 3
    beta = 0.25
    enc = tf.Variable(rng.normal(0, 0.4, (d, groups * e)).astype("float32"), name="enc")
    books = tf.Variable(rng.normal(0, 0.7, (groups, k, e)).astype("float32"), name="codebooks")
    dec = tf.Variable(rng.normal(0, 0.4, (groups * e, d)).astype("float32"), name="dec")
    percept = rng.normal(0, 0.5, (d, 5)).astype("float32")
    batch = {"img": rng.uniform(-1, 1, (n, d)).astype("float32")}

    def nearest(z, book):
        dist = tf.reduce_sum((z[:, None, :] - book[None]) ** 2, axis=-1)
        return tf.gather(book, tf.argmin(dist, axis=-1))

    def rec_loss(x, x_hat):
        l1 = tf.reduce_mean(tf.abs(x - x_hat))
        feat = tf.reduce_mean(tf.square(tf.nn.relu(x @ percept) - tf.nn.relu(x_hat @ percept)))
        return l1 + 0.5 * feat

    def reference(b):
        parts, loss = [], 0.0
        for g, z in enumerate(tf.split(b["img"] @ enc, groups, axis=1)):
            z_q = nearest(z, books[g])
            commitment = tf.reduce_mean((tf.stop_gradient(z_q) - z) ** 2)
            embedding = tf.reduce_mean((z_q - tf.stop_gradient(z)) ** 2)
            loss += beta * commitment + embedding
            parts.append(z + tf.stop_gradient(z_q - z))
        return rec_loss(b["img"], tf.concat(parts, 1) @ dec) + loss

    def candidate(b):
        parts, loss = [], 0.0
        for g, z in enumerate(tf.split(b["img"] @ enc, groups, axis=1)):
            z_q = nearest(z, books[g])
            loss += tf.reduce_mean((tf.stop_gradient(z_q) - z) ** 2) + beta * tf.reduce_mean(
                (z_q - tf.stop_gradient(z)) ** 2)
            parts.append(z + tf.stop_gradient(z_q - z))
        return rec_loss(b["img"], tf.concat(parts, 1) @ dec) + loss

    return {"variables": [enc, books, dec], "batch": batch, "reference": reference, "candidate": candidate}
