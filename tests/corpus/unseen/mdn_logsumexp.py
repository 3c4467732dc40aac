"""Mixture density network: suspected that logsumexp(log pi + log N) is not the mixture's likelihood; it is, against the plain log of the weighted sum. Source: https://github.com/tonyduan/mixture-density-network/issues/1"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


class MixtureDensityNetwork(tf.keras.Model):
    def __init__(self, dim_out, n_components, hidden_dim=10):
        super().__init__()
        self.dim_out, self.n_components = dim_out, n_components
        self.pi_network = [tf.keras.layers.Dense(hidden_dim, activation="elu"), tf.keras.layers.Dense(n_components)]
        self.normal_network = [tf.keras.layers.Dense(hidden_dim, activation="elu"), tf.keras.layers.Dense(2 * dim_out * n_components)]

    def call(self, x):
        logits = self.pi_network[1](self.pi_network[0](x))
        params = self.normal_network[1](self.normal_network[0](x))
        mean, raw_sd = tf.split(params, 2, axis=1)
        sd = tf.nn.elu(raw_sd) + 1.0 + 1e-3
        shape = [-1, self.n_components, self.dim_out]
        return logits, tf.reshape(mean, shape), tf.reshape(sd, shape)


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, d_in, d_out, k = 8, 3, 2, 4
    mdn = MixtureDensityNetwork(d_out, k)
    x = rng.normal(size=(n, d_in)).astype(np.float32)
    mdn(x)

    def reference(batch):
        logits, mean, sd = mdn(batch["x"])
        density = 1.0
        for j in range(d_out):
            z = (batch["y"][:, j:j + 1] - mean[:, :, j]) / sd[:, :, j]
            density *= tf.exp(-0.5 * z ** 2) / (sd[:, :, j] * np.sqrt(2 * np.pi))
        return -tf.reduce_mean(tf.math.log(tf.reduce_sum(tf.nn.softmax(logits) * density, axis=1)))

    def candidate(batch):
        logits, mean, sd = mdn(batch["x"])
        y = tf.expand_dims(batch["y"], 1)
        loglik = -0.5 * ((y - mean) / sd) ** 2 - tf.math.log(sd) - 0.5 * np.log(2 * np.pi)
        loglik = tf.reduce_sum(loglik, axis=2)
        loss = -tf.reduce_logsumexp(tf.nn.log_softmax(logits, axis=1) + loglik, axis=1)
        return tf.reduce_mean(loss)

    batch = {"x": x, "y": rng.normal(size=(n, d_out)).astype(np.float32)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": mdn.trainable_variables}
