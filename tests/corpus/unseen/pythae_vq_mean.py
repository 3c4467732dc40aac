"""benchmark_VAE VQ-VAE: the quantisation losses are averaged over elements while the reconstruction is a sum
per sample, so the vq loss is far too small. Source: https://github.com/clementchadebec/benchmark_VAE/pull/125"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean((a - b) ** 2, axis=[1, 2])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, T, D, E, K = 4, 3, 4, 3, 5
    We = tf.Variable(rng.normal(0, 0.7, (D, E)).astype(fx), name="We")
    Wd = tf.Variable(rng.normal(0, 0.7, (E, D)).astype(fx), name="Wd")
    book = tf.Variable(rng.normal(0, 1, (K, E)).astype(fx), name="codebook")

    def quantize(z):
        d = tf.reduce_sum((z[:, :, None] - book) ** 2, axis=-1)
        return tf.gather(book, tf.argmin(d, axis=-1))

    def reference(batch):
        beta = 0.25
        total = 0.0
        for i in range(B):
            x = batch["x"][i:i + 1]
            z = tf.tanh(tf.tensordot(x, We, 1))
            e = quantize(z)
            rec = tf.tensordot(z + tf.stop_gradient(e - z), Wd, 1)
            total += 0.5 * tf.reduce_sum(tf.square(rec - x))
            total += beta * tf.reduce_sum(tf.square(tf.stop_gradient(e) - z))
            total += tf.reduce_sum(tf.square(e - tf.stop_gradient(z)))
        return total / B

    def candidate(batch):
        beta = 0.25

        def sq(a, b):
            return tf.reduce_mean((a - b) ** 2, axis=[1, 2])

        z = tf.tanh(tf.tensordot(batch["x"], We, 1))
        quantized = quantize(z)
        commitment_loss = sq(tf.stop_gradient(quantized), z)
        embedding_loss = sq(quantized, tf.stop_gradient(z))
        straight = z + tf.stop_gradient(quantized - z)
        recon_x = tf.tensordot(straight, Wd, 1)
        recon_loss = 0.5 * tf.reduce_sum((recon_x - batch["x"]) ** 2, axis=[1, 2])
        return tf.reduce_mean(recon_loss + beta * commitment_loss + embedding_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(B, T, D)).astype(fx)},
            "variables": [We, Wd, book]}
