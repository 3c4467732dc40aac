"""DeepAR: in the Gaussian likelihood the logarithm is taken of sigma + 1 'so that it is not of zero';
the +6 is a harmless constant, the +1 is not.
Source: https://github.com/jingw2/demand_forecast/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "negative_likelihood = tf.math.log(sigma + 1) + (z - mu) ** 2 / (2 * sigma ** 2) + 6",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, steps, feat, hid = 18, 7, 3, 5
    wx, wh = var("wx", feat + 1, hid), var("wh", hid, hid)
    w_mu, w_sigma = var("w_mu", hid, 1), var("w_sigma", hid, 1)
    batch = {
        "cov": rng.standard_normal((n, steps, feat)).astype(f),
        "z": rng.standard_normal((n, steps + 1)).astype(f),
    }

    def reference(batch):
        h, total = tf.zeros([n, hid], f), 0.0
        for t in range(steps):
            inp = tf.concat([batch["cov"][:, t], batch["z"][:, t:t + 1]], -1)
            h = tf.tanh(inp @ wx + h @ wh)
            mean = (h @ w_mu)[:, 0]
            var_ = (tf.math.softplus(h @ w_sigma)[:, 0] + 1e-3) ** 2
            total = total + tf.reduce_mean(0.5 * (tf.math.log(2 * np.pi * var_)
                                                  + (batch["z"][:, t + 1] - mean) ** 2 / var_))
        return total / steps

    def candidate(batch):
        def gaussian_likelihood_loss(z, mu, sigma):
            negative_likelihood = tf.math.log(sigma + 1) + (z - mu) ** 2 / (2 * sigma ** 2) + 6
            return tf.reduce_mean(negative_likelihood)

        state, mus, sigmas = tf.zeros([n, hid], f), [], []
        for x_t, z_t in zip(tf.unstack(batch["cov"], axis=1), tf.unstack(batch["z"][:, :-1], axis=1)):
            state = tf.tanh(tf.matmul(tf.concat([x_t, z_t[:, None]], axis=1), wx) + tf.matmul(state, wh))
            mus.append(tf.matmul(state, w_mu))
            sigmas.append(tf.math.log(1 + tf.exp(tf.matmul(state, w_sigma))) + 1e-3)
        return gaussian_likelihood_loss(batch["z"][:, 1:], tf.concat(mus, 1), tf.concat(sigmas, 1))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wx, wh, w_mu, w_sigma]}
