"""VQ-VAE: the detach calls of codebook and commitment loss are exchanged, so beta weights the codebook instead of the encoder. Source: https://github.com/MishaLaskin/vqvae/pull/20"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "embedding_loss = tf.reduce_mean((tf.stop_gradient(z_q) - z) ** 2) + self.beta * tf.reduce_mean((z_q - tf.stop_gradient(z)) ** 2)",
    "same_forward_value": True,
}


class VectorQuantizer:
    def __init__(self, codebook, beta):
        self.codebook, self.beta = codebook, beta

    def lookup(self, z):
        d = (tf.reduce_sum(z ** 2, axis=-1, keepdims=True) + tf.reduce_sum(self.codebook ** 2, axis=-1)
             - 2 * tf.matmul(z, self.codebook, transpose_b=True))
        return tf.gather(self.codebook, tf.argmin(d, axis=-1))

    def __call__(self, z):
        z_q = self.lookup(z)
        embedding_loss = tf.reduce_mean((tf.stop_gradient(z_q) - z) ** 2) + self.beta * tf.reduce_mean((z_q - tf.stop_gradient(z)) ** 2)
        z_q = z + tf.stop_gradient(z_q - z)
        return embedding_loss, z_q


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, d_in, d_z, codes, beta = 8, 6, 3, 5, 0.25
    x_train_var = 0.8
    encoder = tf.keras.Sequential([tf.keras.layers.Input((d_in,)), tf.keras.layers.Dense(10, activation="relu"), tf.keras.layers.Dense(d_z)])
    decoder = tf.keras.Sequential([tf.keras.layers.Input((d_z,)), tf.keras.layers.Dense(10, activation="relu"), tf.keras.layers.Dense(d_in)])
    codebook = tf.Variable(rng.uniform(-1, 1, size=(codes, d_z)).astype(np.float32), name="codebook")
    quantizer = VectorQuantizer(codebook, beta)

    def reference(batch):
        z_e = encoder(batch["x"])
        e = quantizer.lookup(z_e)
        codebook_loss = tf.reduce_mean(tf.math.squared_difference(e, tf.stop_gradient(z_e)))
        commitment = tf.reduce_mean(tf.math.squared_difference(tf.stop_gradient(e), z_e))
        x_hat = decoder(z_e + tf.stop_gradient(e - z_e))
        return tf.reduce_mean((x_hat - batch["x"]) ** 2) / x_train_var + codebook_loss + beta * commitment

    def candidate(batch):
        embedding_loss, z_q = quantizer(encoder(batch["x"]))
        recon_loss = tf.reduce_mean((decoder(z_q) - batch["x"]) ** 2) / x_train_var
        return recon_loss + embedding_loss

    return {"reference": reference, "candidate": candidate, "batch": {"x": rng.normal(size=(n, d_in)).astype(np.float32)},
            "variables": encoder.trainable_variables + decoder.trainable_variables + [codebook]}
