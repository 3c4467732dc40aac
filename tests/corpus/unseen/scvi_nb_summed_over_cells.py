"""VAE for counts: the negative binomial log likelihood is summed over the cells too, before it meets the KL of each cell.

Source (real): https://github.com/scverse/scvi-tools/issues/111 (PyTorch, ported: log_nb_positive; fixed in pull 112).
Right answer: NOT equivalent; the scalar is added to every cell's KL, so the reconstruction weighs n times too much.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_sum(res)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, genes, lat, eps = 18, 7, 3, 1e-8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.3 * arr(genes, 2 * lat), name="z_encoder")
    dec = tf.Variable(0.4 * arr(lat, genes), name="decoder")
    px_r = tf.Variable(0.3 * arr(genes), name="px_r")
    counts = rng.poisson(rng.gamma(2.0, 1.5, (n, genes))) + 0.0
    batch = {"x": counts.astype(f), "noise": arr(n, lat)}

    def reference(b):
        total = 0.0
        cells = b["x"].shape[0]
        for i in range(cells):
            x = b["x"][i]
            mean, log_var = tf.split((tf.math.log1p(x)[None] @ enc)[0], 2)
            z = mean + b["noise"][i] * tf.exp(0.5 * log_var)
            mu = tf.reduce_sum(x) * tf.nn.softmax((z[None] @ dec)[0])
            theta = tf.exp(px_r)
            p = mu / (theta + mu)
            log_choose = tf.math.lgamma(x + theta) - tf.math.lgamma(theta) - tf.math.lgamma(x + 1.0)
            log_lik = tf.reduce_sum(log_choose + theta * tf.math.log(1.0 - p) + x * tf.math.log(p))
            kl = 0.5 * tf.reduce_sum(tf.exp(log_var) + mean**2 - 1.0 - log_var)
            total += kl - log_lik
        return total / cells

    def candidate(b):
        def log_nb_positive(x, mu, theta):
            log_theta_mu_eps = tf.math.log(theta + mu + eps)
            res = (
                theta * (tf.math.log(theta + eps) - log_theta_mu_eps)
                + x * (tf.math.log(mu + eps) - log_theta_mu_eps)
                + tf.math.lgamma(x + theta)
                - tf.math.lgamma(theta)
                - tf.math.lgamma(x + 1)
            )
            return tf.reduce_sum(res)

        library = tf.math.log(tf.reduce_sum(b["x"], axis=-1, keepdims=True))
        qz_m, qz_logv = tf.split(tf.math.log1p(b["x"]) @ enc, 2, axis=-1)
        z = qz_m + tf.exp(0.5 * qz_logv) * b["noise"]
        px_rate = tf.exp(library) * tf.nn.softmax(z @ dec, axis=-1)
        reconst_loss = -log_nb_positive(b["x"], px_rate, tf.exp(px_r))
        kl_divergence = 0.5 * tf.reduce_sum(tf.square(qz_m) + tf.exp(qz_logv) - qz_logv - 1.0, axis=1)
        return tf.reduce_mean(reconst_loss + kl_divergence)

    return {"variables": [enc, dec, px_r], "batch": batch, "reference": reference, "candidate": candidate}
