"""Keras VAE: the KL is reduced over the latent axis only and stays (batch,), where a scalar is expected; added to the reconstruction it makes the loss a vector, whose gradient is the sum over the batch. Source: https://github.com/keras-team/keras/issues/19560"""
import numpy as np
import tensorflow as tf
import keras
from keras import ops

EXPECTED = {
    "equivalent": False,
    "cause": "loss_shape",
    "line_marker": "kl_loss = -0.5 * ops.mean(1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var), axis=1)",
    "same_forward_value": False,
}


class VariationalAutoEncoder(keras.Model):
    def __init__(self, original_dim, intermediate_dim=8, latent_dim=3, **kwargs):
        super().__init__(**kwargs)
        self.encoder_proj = keras.layers.Dense(intermediate_dim, activation="relu")
        self.dense_mean = keras.layers.Dense(latent_dim)
        self.dense_log_var = keras.layers.Dense(latent_dim)
        self.decoder_proj = keras.layers.Dense(intermediate_dim, activation="relu")
        self.dense_output = keras.layers.Dense(original_dim, activation="sigmoid")

    def encode(self, x):
        h = self.encoder_proj(x)
        return self.dense_mean(h), self.dense_log_var(h)

    def call(self, inputs, epsilon):
        z_mean, z_log_var = self.encode(inputs)
        z = z_mean + ops.exp(0.5 * z_log_var) * epsilon
        return self.dense_output(self.decoder_proj(z)), z_mean, z_log_var


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, d, latent = 8, 6, 3
    vae = VariationalAutoEncoder(d)
    x = rng.uniform(size=(n, d)).astype(np.float32)
    eps = rng.normal(size=(n, latent)).astype(np.float32)
    vae(x, eps)
    mse_loss_fn = keras.losses.MeanSquaredError()

    def reference(batch):
        reconstructed, z_mean, z_log_var = vae(batch["x"], batch["epsilon"])
        kl = -0.5 * ops.mean(1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var))
        return mse_loss_fn(batch["x"], reconstructed) + kl

    def candidate(batch):
        reconstructed, z_mean, z_log_var = vae(batch["x"], batch["epsilon"])
        loss = mse_loss_fn(batch["x"], reconstructed)
        kl_loss = -0.5 * ops.mean(1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var), axis=1)
        loss += kl_loss
        return loss

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "epsilon": eps}, "variables": vae.trainable_variables}
