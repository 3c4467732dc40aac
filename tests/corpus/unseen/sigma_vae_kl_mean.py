"""In the MSE variant of the VAE the KL term is a mean over the latent units, beside a
reconstruction summed over the pixels. Source: https://github.com/orybkin/sigma-vae-tensorflow/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": "kld = -0.5 * tf.reduce_mean(terms)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, d, z = 5, 8, 3
    w_e, w_mu, w_ls, w_d = var("w_e", d, 6), var("w_mu", 6, z), var("w_ls", 6, z), var("w_d", z, d)

    def reference(batch):
        h = tf.tanh(batch["x"] @ w_e)
        mu, log_var = h @ w_mu, h @ w_ls
        latent = mu + tf.exp(0.5 * log_var) * batch["noise"]
        total = 0.0
        for i in range(n):
            rec = tf.reduce_sum(tf.square(tf.sigmoid(tf.linalg.matvec(w_d, latent[i], transpose_a=True)) - batch["x"][i]))
            kl = 0.5 * tf.reduce_sum(mu[i] ** 2 + tf.exp(log_var[i]) - log_var[i] - 1.0)
            total += rec + kl
        return total / float(n)

    def candidate(batch):
        hidden = tf.tanh(tf.matmul(batch["x"], w_e))
        z_mu = tf.matmul(hidden, w_mu)
        z_log_sigma_sq = tf.matmul(hidden, w_ls)
        sample = z_mu + batch["noise"] * tf.exp(z_log_sigma_sq / 2.0)
        x_hat = tf.sigmoid(tf.matmul(sample, w_d))
        mse = tf.reduce_sum(tf.math.squared_difference(x_hat, batch["x"])) / float(n)
        terms = 1.0 + z_log_sigma_sq - z_mu ** 2 - tf.exp(z_log_sigma_sq)
        kld = -0.5 * tf.reduce_mean(terms)
        return mse + kld

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.random((n, d)).astype(fx), "noise": arr(n, z)},
            "variables": [w_e, w_mu, w_ls, w_d]}
