"""A VAE with a `train_step` of its own, as a whole training script. One line is wrong.

python examples/train_vae.py
gradcheck run --save-case vae_case.py examples/train_vae.py
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops


class VAE(keras.Model):
    """An encoder and a decoder, trained on samples that have weights."""

    def __init__(self, encoder, decoder, latent):
        super().__init__()
        self.encoder, self.decoder, self.latent = encoder, decoder, latent

    def train_step(self, data):
        x, weights = data
        noise = tf.random.normal((tf.shape(x)[0], self.latent))
        with tf.GradientTape() as tape:
            mean, log_variance = ops.split(self.encoder(x), 2, axis=1)
            decoded = self.decoder(mean + ops.exp(0.5 * log_variance) * noise)
            error = ops.sum(ops.square(x - decoded), axis=1)
            divergence = -0.5 * ops.sum(1.0 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=1)
            loss = ops.mean(weights * (error + divergence))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss}


def main():
    keras.utils.set_random_seed(0)
    encoder = keras.Sequential(
        [keras.Input((6,)), layers.Dense(16, "relu"), layers.Dense(2 * 2)], name="encoder"
    )
    decoder = keras.Sequential([keras.Input((2,)), layers.Dense(16, "relu"), layers.Dense(6)], name="decoder")
    vae = VAE(encoder, decoder, latent=2)
    vae.compile(optimizer="adam")
    x = np.random.normal(size=(64, 6)).astype("float32")
    weights = np.random.uniform(0.5, 1.5, size=(64, 1)).astype("float32")
    history = vae.fit(x, weights, batch_size=16, epochs=2, verbose=0)
    print(f"loss {history.history['loss'][-1]:.3f}")


if __name__ == "__main__":
    main()
