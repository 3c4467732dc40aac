"""RQ-VAE recommender: Quantize returns emb already detached for STE; the rqvae loss computed on it gives the
codebooks no gradient.
Source: https://github.com/EdoardoBotta/RQ-VAE-Recommender/pull/26"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'emb_out = res + tf.stop_gradient(emb - res)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()
    n, d_in, d, k, levels = 6, 5, 3, 4, 2
    enc = tf.Variable(rng.normal(size=(d_in, d)).astype(F), name="enc")
    dec = tf.Variable(rng.normal(size=(d, d_in)).astype(F), name="dec")
    books = [tf.Variable(rng.normal(size=(k, d)).astype(F), name=f"book{i}") for i in range(levels)]

    def nearest(r, book):
        return tf.argmin(tf.reduce_sum((r[:, None] - book[None]) ** 2, -1), axis=1)

    def reference(batch):
        z = batch["x"] @ enc
        r, total, quant = z, 0.0, []
        for book in books:
            e = tf.gather(book, nearest(r, book))
            total += tf.reduce_mean(tf.reduce_sum((tf.stop_gradient(r) - e) ** 2, -1))
            total += 0.25 * tf.reduce_mean(tf.reduce_sum((r - tf.stop_gradient(e)) ** 2, -1))
            quant.append(r + tf.stop_gradient(e - r))
            r = r - tf.stop_gradient(e)
        x_hat = tf.add_n(quant) @ dec
        return tf.reduce_mean(tf.reduce_sum((x_hat - batch["x"]) ** 2, -1)) + total

    def candidate(batch):
        res = tf.matmul(batch["x"], enc)
        embs, residuals, losses = [], [], []
        for book in books:
            residuals.append(res)
            ids = nearest(res, book)
            emb = tf.gather(book, ids)
            emb_out = res + tf.stop_gradient(emb - res)
            query_loss = tf.reduce_sum(tf.square(tf.stop_gradient(res) - emb_out), axis=-1)
            commit = tf.reduce_sum(tf.square(res - tf.stop_gradient(emb)), axis=-1)
            losses.append(query_loss + 0.25 * commit)
            embs.append(res + tf.stop_gradient(emb - res))
            res = res - tf.stop_gradient(emb)
        x_hat = tf.matmul(tf.reduce_sum(tf.stack(embs, axis=-1), axis=-1), dec)
        recon = tf.reduce_sum(tf.square(x_hat - batch["x"]), axis=-1)
        return tf.reduce_mean(recon + tf.add_n(losses))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d_in)).astype(F)}, "variables": [enc, dec] + books}
