"""_kld_gauss expects log sigma but receives the standard deviation, so exp is applied twice in the bottleneck's KL.
Source: https://github.com/sutaoyu/IBMEA/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "kld = kld_gauss(mu, std, tf.zeros_like(mu), tf.zeros_like(mu))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, z, beta = 6, 5, 3, 0.1
    fc_mu = keras.layers.Dense(z, name="fc_mu")
    fc_var = keras.layers.Dense(z, name="fc_var")
    fc_mu.build((None, d))
    fc_var.build((None, d))

    def info_nce(a, b):
        a, b = tf.nn.l2_normalize(a, axis=1), tf.nn.l2_normalize(b, axis=1)
        sim = tf.matmul(a, b, transpose_b=True) / 0.5
        return -tf.reduce_mean(tf.linalg.diag_part(tf.nn.log_softmax(sim, axis=1)))

    def reference(batch):
        mean = fc_mu(batch["graph"])
        log_sigma = 0.5 * fc_var(batch["graph"])
        sample = mean + tf.exp(log_sigma) * batch["eps"]

        def widen(l):
            return tf.exp(0.1 + 0.9 * tf.nn.softplus(tf.minimum(l, 0.4)))

        s1, s2 = widen(log_sigma), widen(tf.zeros_like(log_sigma))
        kl = tf.math.log(s2 / s1) + (s1 ** 2 + mean ** 2) / (2 * s2 ** 2) - 0.5
        return info_nce(sample, batch["entity"]) + beta * tf.reduce_mean(tf.reduce_sum(kl, axis=1))

    def candidate(batch):
        def kld_gauss(mu_1, logsigma_1, mu_2, logsigma_2):
            sigma_1 = tf.exp(0.1 + 0.9 * tf.nn.softplus(tf.minimum(logsigma_1, 0.4)))
            sigma_2 = tf.exp(0.1 + 0.9 * tf.nn.softplus(tf.minimum(logsigma_2, 0.4)))
            ratio = (tf.square(sigma_1) + tf.square(mu_1 - mu_2)) / (2.0 * tf.square(sigma_2))
            return tf.reduce_mean(tf.reduce_sum(tf.math.log(sigma_2) - tf.math.log(sigma_1) + ratio - 0.5, axis=-1))

        mu = fc_mu(batch["graph"])
        logvar = fc_var(batch["graph"])
        std = tf.exp(0.5 * logvar)
        hidden = mu + std * batch["eps"]
        kld = kld_gauss(mu, std, tf.zeros_like(mu), tf.zeros_like(mu))
        return info_nce(hidden, batch["entity"]) + beta * kld

    return {"reference": reference, "candidate": candidate,
            "batch": {"graph": rng.normal(size=(n, d)).astype(fx), "entity": rng.normal(size=(n, z)).astype(fx),
                      "eps": rng.normal(size=(n, z)).astype(fx)},
            "variables": fc_mu.trainable_variables + fc_var.trainable_variables}
