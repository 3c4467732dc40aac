"""The reparametrised sample of an IWAE scales the noise with exp(logvar), the variance, instead of the deviation.

Source (real): https://github.com/rachtsingh/ibp_vae/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'z = mu[:, None] + b["noise"] * tf.exp(logvar)[:, None]',
    "same_forward_value": False,
}


def log_normal(x, mu, logvar):
    return -0.5 * tf.reduce_sum(np.log(2 * np.pi).astype("float32") + logvar + (x - mu) ** 2 * tf.exp(-logvar), -1)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, z_dim, k = 10, 8, 3, 5
    enc = tf.keras.layers.Dense(2 * z_dim, name="encoder")
    dec = tf.keras.layers.Dense(d, name="decoder")
    enc.build((None, d))
    dec.build((None, None, z_dim))
    enc.set_weights([rng.normal(0, 0.5, (d, 2 * z_dim)), np.concatenate([np.zeros(z_dim), -0.8 * np.ones(z_dim)])])
    dec.set_weights([rng.normal(0, 0.7, (z_dim, d)), rng.normal(0, 0.1, (d,))])
    batch = {
        "x": (rng.uniform(size=(n, d)) > 0.5).astype("float32"),
        "noise": rng.normal(0, 1, (n, k, z_dim)).astype("float32"),
    }

    def log_likelihood(x, z):
        logits = dec(z)
        return -tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(
            labels=tf.broadcast_to(x[:, None], tf.shape(logits)), logits=logits), axis=-1)

    def reference(b):
        mu, logvar = tf.split(enc(b["x"]), 2, axis=1)
        bound = 0.0
        for j in range(k):
            z = mu + tf.sqrt(tf.exp(logvar)) * b["noise"][:, j]
            log_w = (log_likelihood(b["x"], z[:, None])[:, 0] + log_normal(z, 0.0, tf.zeros_like(z))
                     - log_normal(z, mu, logvar))
            bound = log_w[:, None] if j == 0 else tf.concat([bound, log_w[:, None]], axis=1)
        return -tf.reduce_mean(tf.reduce_logsumexp(bound, axis=1) - np.log(k).astype("float32"))

    def candidate(b):
        mu, logvar = tf.split(enc(b["x"]), 2, axis=1)
        z = mu[:, None] + b["noise"] * tf.exp(logvar)[:, None]
        log_p = log_likelihood(b["x"], z) + log_normal(z, 0.0, tf.zeros_like(z))
        log_q = log_normal(z, mu[:, None], logvar[:, None])
        iwae = tf.reduce_logsumexp(log_p - log_q, axis=1) - np.log(k).astype("float32")
        return -tf.reduce_mean(iwae)

    return {"variables": enc.trainable_variables + dec.trainable_variables, "batch": batch,
            "reference": reference, "candidate": candidate}
