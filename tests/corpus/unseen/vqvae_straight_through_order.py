"""VQ-VAE: the codebook term is computed after the straight-through estimator was put on the codes, so it pulls on the encoder and
the codebook gets no gradient. Source: https://github.com/andylolu2/jax-vqvae-gpt/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "commit_loss = tf.reduce_mean((quantize - tf.stop_gradient(inputs)) ** 2)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, size, k, d = 4, 8, 7, 3
    images = rng.uniform(-0.5, 0.5, size=(n, size, size, 1)).astype("float32")
    encoder = keras.Sequential([keras.Input((size, size, 1)),
                                keras.layers.Conv2D(6, 4, strides=2, padding="same", activation="relu"),
                                keras.layers.Conv2D(d, 1)])
    decoder = keras.Sequential([keras.Input((size // 2, size // 2, d)),
                                keras.layers.Conv2DTranspose(6, 4, strides=2, padding="same", activation="relu"),
                                keras.layers.Conv2D(1, 1)])
    codebook = tf.Variable(rng.normal(scale=0.4, size=(k, d)).astype("float32"), name="codebook")
    beta = 0.25

    def nearest(inputs):
        flat = tf.reshape(inputs, (-1, d))
        dist = (tf.reduce_sum(flat ** 2, 1, keepdims=True) - 2 * tf.matmul(flat, codebook, transpose_b=True)
                + tf.reduce_sum(codebook ** 2, 1)[None])
        return tf.reshape(tf.argmin(dist, axis=1), tf.shape(inputs)[:-1])

    def reconstruction(z, batch):
        return tf.reduce_mean(tf.square(decoder(z) - batch["images"]))

    def reference(batch):
        z_e = encoder(batch["images"])
        e = tf.gather(codebook, nearest(z_e))
        encoding = tf.reduce_mean(tf.square(tf.stop_gradient(e) - z_e))
        codes = tf.reduce_mean(tf.square(e - tf.stop_gradient(z_e)))
        z_q = z_e + tf.stop_gradient(e - z_e)
        return reconstruction(z_q, batch) + beta * encoding + codes

    def candidate(batch):
        inputs = encoder(batch["images"])
        encoding_indices = nearest(inputs)
        quantize = tf.gather(codebook, encoding_indices)
        quantize = inputs + tf.stop_gradient(quantize - inputs)
        encoding_loss = tf.reduce_mean((tf.stop_gradient(quantize) - inputs) ** 2)
        commit_loss = tf.reduce_mean((quantize - tf.stop_gradient(inputs)) ** 2)
        return reconstruction(quantize, batch) + beta * encoding_loss + commit_loss

    return {"reference": reference, "candidate": candidate, "batch": {"images": images},
            "variables": encoder.trainable_variables + decoder.trainable_variables + [codebook]}
