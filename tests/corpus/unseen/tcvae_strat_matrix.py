"""beta-TCVAE's stratified importance matrix should hold 1/N on the diagonal; with the given stride the whole first
column gets it. Source: https://github.com/YannDubs/disentangling-vae/issues/58"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "flat[::M + 1] = 1.0 / N",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, d, k, data_size = 5, 6, 2, 60
    enc = keras.layers.Dense(2 * k, name="enc")
    enc.build((None, d))
    dec = keras.layers.Dense(d, name="dec")
    dec.build((None, k))
    beta = 4.0

    def log_density(z, mu, logvar):
        return -0.5 * (float(np.log(2 * np.pi)) + logvar + tf.square(z - mu) * tf.exp(-logvar))

    def reference(batch):
        mu, logvar = tf.split(enc(batch["x"]), 2, axis=-1)
        z = mu + tf.exp(0.5 * logvar) * batch["eps"]
        rec = tf.reduce_mean(tf.reduce_sum(tf.square(dec(z) - batch["x"]), -1))
        m = b - 1
        tc = 0.0
        for i in range(b):
            logw = [float(np.log(1.0 / data_size if j == i else 1.0 / m)) for j in range(b)]
            dens = tf.stack([log_density(z[i], mu[j], logvar[j]) + logw[j] for j in range(b)])
            joint = tf.stack([tf.reduce_sum(log_density(z[i], mu[j], logvar[j])) + logw[j] for j in range(b)])
            tc += tf.reduce_logsumexp(joint) - tf.reduce_sum(tf.reduce_logsumexp(dens, axis=0))
        return rec + beta * tc / b

    def candidate(batch):
        def log_importance_weight_matrix(batch_size, N):
            M = batch_size - 1
            W = np.full((batch_size, batch_size), 1.0 / M)
            flat = W.reshape(-1)
            flat[::M + 1] = 1.0 / N
            return np.log(W)

        mu, logvar = tf.split(enc(batch["x"]), 2, axis=-1)
        z = mu + tf.exp(0.5 * logvar) * batch["eps"]
        mat = log_density(z[:, None], mu[None], logvar[None])
        log_iw = tf.constant(log_importance_weight_matrix(b, data_size), mat.dtype)
        log_qz = tf.reduce_logsumexp(log_iw + tf.reduce_sum(mat, axis=2), axis=1)
        log_prod_qzi = tf.reduce_sum(tf.reduce_logsumexp(log_iw[..., None] + mat, axis=1), axis=1)
        tc_loss = tf.reduce_mean(log_qz - log_prod_qzi)
        rec_loss = tf.reduce_sum(tf.square(dec(z) - batch["x"])) / b
        return rec_loss + beta * tc_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((b, d)).astype(fx), "eps": rng.standard_normal((b, k)).astype(fx)},
            "variables": enc.trainable_variables + dec.trainable_variables}
