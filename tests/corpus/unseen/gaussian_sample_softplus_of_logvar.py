"""Semi-supervised VAE: a softplus is applied to the logarithm of the variance, which may be negative;
the posterior cannot become narrower than the prior (left over from the ladder VAE).
Source: https://github.com/wohlert/semi-supervised-pytorch/issues/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_var = tf.nn.softplus(tf.matmul(x, w_lv) + b_lv)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, d, hid, z_dim = 20, 8, 6, 3
    w_h, w_mu, w_lv = var("w_h", d, hid), var("w_mu", hid, z_dim), var("w_lv", hid, z_dim)
    b_lv, w_dec = var("b_lv", z_dim), var("w_dec", z_dim, d)
    batch = {
        "x": rng.integers(0, 2, (n, d)).astype(f),
        "eps": rng.standard_normal((n, z_dim)).astype(f),
    }

    def reference(batch):
        h = tf.nn.relu(batch["x"] @ w_h)
        mu, lv = h @ w_mu, h @ w_lv + b_lv
        z = mu + tf.exp(lv / 2.0) * batch["eps"]
        p = tf.sigmoid(z @ w_dec)
        x = batch["x"]
        nll = -tf.reduce_sum(x * tf.math.log(p) + (1.0 - x) * tf.math.log(1.0 - p), -1)
        kl = 0.5 * tf.reduce_sum(tf.exp(lv) + mu ** 2 - 1.0 - lv, -1)
        return tf.reduce_mean(nll + kl)

    def candidate(batch):
        class GaussianSample:
            def reparametrize(self, mu, log_var):
                std = tf.exp(0.5 * log_var)
                return mu + std * batch["eps"]

            def __call__(self, x):
                mu = tf.matmul(x, w_mu)
                log_var = tf.nn.softplus(tf.matmul(x, w_lv) + b_lv)
                return self.reparametrize(mu, log_var), mu, log_var

        def log_gaussian(x, mu, log_var):
            log_pdf = -0.5 * np.log(2 * np.pi) - log_var / 2 - (x - mu) ** 2 / (2 * tf.exp(log_var))
            return tf.reduce_sum(log_pdf, axis=-1)

        z, mu, log_var = GaussianSample()(tf.nn.relu(tf.matmul(batch["x"], w_h)))
        logits = tf.matmul(z, w_dec)
        likelihood = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["x"], logits=logits), axis=1)
        kld = -0.5 * tf.reduce_sum(1 + log_var - mu ** 2 - tf.exp(log_var), axis=1)
        return tf.reduce_mean(likelihood) + tf.reduce_mean(kld)

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [w_h, w_mu, w_lv, b_lv, w_dec]}
