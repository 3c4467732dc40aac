"""VAE of the Flux model zoo: the KL divergence has logsigma squared where -2 logsigma belongs.
Source: https://github.com/FluxML/model-zoo/issues/73"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return 0.5 * tf.reduce_sum(tf.exp(2.0 * logsig) + mu ** 2 - 1.0 + logsig ** 2)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, pix, hid, lat = 12, 7, 5, 3
    enc = keras.layers.Dense(hid, activation="tanh", name="enc")
    to_mu = keras.layers.Dense(lat, name="to_mu")
    to_ls = keras.layers.Dense(lat, name="to_ls")
    dec = keras.layers.Dense(pix, name="dec")
    enc.build((n, pix)), to_mu.build((n, hid)), to_ls.build((n, hid)), dec.build((n, lat))
    variables = [v for layer in (enc, to_mu, to_ls, dec) for v in layer.trainable_variables]
    batch = {"x": (rng.uniform(size=(n, pix)) > 0.5).astype(f), "eps": rng.normal(size=(n, lat)).astype(f)}

    def reference(batch):
        h = enc(batch["x"])
        m, s = to_mu(h), tf.exp(to_ls(h))
        logits = dec(m + s * batch["eps"])
        rec = tf.reduce_sum(tf.nn.softplus(logits) - batch["x"] * logits, axis=1)
        kl = tf.reduce_sum((tf.square(s) + tf.square(m) - 1.0) / 2 - tf.math.log(s), axis=1)
        return tf.reduce_mean(rec + kl)

    def candidate(batch):
        def g(X):
            h = enc(X)
            return to_mu(h), to_ls(h)

        def z(mu, logsig):
            return mu + tf.exp(logsig) * batch["eps"]

        def kl_q_p(mu, logsig):
            return 0.5 * tf.reduce_sum(tf.exp(2.0 * logsig) + mu ** 2 - 1.0 + logsig ** 2)

        def logp_x_z(x, latent):
            return -tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=dec(latent)))

        def L_bar(X):
            mu, logsig = g(X)
            return (logp_x_z(X, z(mu, logsig)) - kl_q_p(mu, logsig)) * (1.0 / n)

        return -L_bar(batch["x"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
