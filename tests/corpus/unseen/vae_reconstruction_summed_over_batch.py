"""tensorflow/models VariationalAutoencoder: the reconstruction error has no axis=1, so it is one number for the whole batch
that is added to each sample's latent loss: the objective depends on the batch size.
Source: https://github.com/tensorflow/models/pull/5049"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "reconstr_loss = 0.5 * tf.reduce_sum(tf.pow(tf.subtract(reconstruction, x), 2.0))",
    "same_forward_value": False,
}


class VariationalAutoencoder:
    def __init__(self, n_input, n_hidden, rng, dtype):
        self.weights = self._initialize_weights(n_input, n_hidden, rng, dtype)

    def _initialize_weights(self, n_input, n_hidden, rng, dtype):
        shapes = {"w1": (n_input, n_hidden), "log_sigma_w1": (n_input, n_hidden), "b1": (n_hidden,),
                  "log_sigma_b1": (n_hidden,), "w2": (n_hidden, n_input), "b2": (n_input,)}
        return {k: tf.Variable((0.3 * rng.standard_normal(s)).astype(dtype), name=k) for k, s in shapes.items()}

    def encode(self, x):
        w = self.weights
        return x @ w["w1"] + w["b1"], x @ w["log_sigma_w1"] + w["log_sigma_b1"]

    def cost(self, x, eps):
        z_mean, z_log_sigma_sq = self.encode(x)
        z = tf.add(z_mean, tf.multiply(tf.sqrt(tf.exp(z_log_sigma_sq)), eps))
        reconstruction = tf.add(tf.matmul(z, self.weights["w2"]), self.weights["b2"])
        reconstr_loss = 0.5 * tf.reduce_sum(tf.pow(tf.subtract(reconstruction, x), 2.0))
        latent_loss = -0.5 * tf.reduce_sum(1 + z_log_sigma_sq - tf.square(z_mean) - tf.exp(z_log_sigma_sq), 1)
        return tf.reduce_mean(reconstr_loss + latent_loss)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    vae = VariationalAutoencoder(6, 3, rng, f)

    def reference(batch):
        x, v = batch["x"], vae.weights
        mu, lv = vae.encode(x)
        sd = tf.exp(lv / 2)
        xr = (mu + sd * batch["eps"]) @ v["w2"] + v["b2"]
        per_sample = tf.norm(xr - x, axis=1) ** 2 / 2 + tf.reduce_sum(mu ** 2 + sd ** 2 - lv - 1, axis=1) / 2
        return tf.reduce_mean(per_sample)

    def candidate(batch):
        return vae.cost(batch["x"], batch["eps"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((12, 6)).astype(f), "eps": rng.standard_normal((12, 3)).astype(f)},
            "variables": list(vae.weights.values())}
