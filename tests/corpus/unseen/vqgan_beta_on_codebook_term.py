"""Wrong: beta weighs the codebook term instead of the commitment term (the stop_gradients are exchanged).

Source (real): https://github.com/CompVis/taming-transformers/issues/57
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "loss = tf.reduce_mean((tf.stop_gradient(z_q) - z) ** 2) + beta * tf.reduce_mean(",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    enc = tf.Variable(rng.normal(0, 0.5, (8, 4)).astype("float32"), name="encoder")
    book = tf.Variable(rng.normal(0, 1.0, (7, 4)).astype("float32"), name="codebook")
    dec = tf.Variable(rng.normal(0, 0.4, (4, 8)).astype("float32"), name="decoder")
    batch = {"x": rng.normal(size=(18, 8)).astype("float32")}
    beta = 0.25

    def nearest(z):
        d = tf.reduce_sum((z[:, None, :] - book[None]) ** 2, axis=-1)
        return tf.argmin(d, axis=1)

    def reference(b):
        z_e = b["x"] @ enc
        e = tf.gather(book, nearest(z_e))
        codebook = tf.reduce_mean((tf.stop_gradient(z_e) - e) ** 2)
        commit = tf.reduce_mean((z_e - tf.stop_gradient(e)) ** 2)
        straight = z_e + tf.stop_gradient(e - z_e)
        rec = tf.reduce_mean((straight @ dec - b["x"]) ** 2)
        return rec + codebook + beta * commit

    def quantize(z):
        idx = nearest(z)
        z_q = tf.gather(book, idx)
        loss = tf.reduce_mean((tf.stop_gradient(z_q) - z) ** 2) + beta * tf.reduce_mean(
            (z_q - tf.stop_gradient(z)) ** 2)
        return z + tf.stop_gradient(z_q - z), loss

    def candidate(b):
        h = b["x"] @ enc
        quant, emb_loss = quantize(h)
        xrec = quant @ dec
        rec_loss = tf.reduce_mean(tf.square(b["x"] - xrec))
        return rec_loss + emb_loss

    return {"variables": [enc, book, dec], "batch": batch, "reference": reference, "candidate": candidate}
