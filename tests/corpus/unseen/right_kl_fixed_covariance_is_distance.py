"""Somebody takes the "KL" for a mistake because it is a squared distance of the means. Right: both Gaussians have unit covariance.
Source: https://github.com/CompVis/vunet/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, z = 14, 5, 3
    enc = tf.Variable(rng.normal(size=(d, z)), dtype=f, name="enc")
    pri = tf.Variable(rng.normal(size=(4, z)), dtype=f, name="pri")
    dec = tf.Variable(rng.normal(size=(z, d)), dtype=f, name="dec")
    batch = {
        "image": rng.normal(size=(n, d)).astype(f),
        "shape": rng.normal(size=(n, 4)).astype(f),
        "eps": rng.normal(size=(n, z)).astype(f),
    }

    def reference(batch):
        q, p = tf.tanh(batch["image"] @ enc), batch["shape"] @ pri
        cov_q = cov_p = tf.eye(z, dtype=f)
        inv_p = tf.linalg.inv(cov_p)
        const = tf.linalg.trace(inv_p @ cov_q) - z + tf.linalg.logdet(cov_p) - tf.linalg.logdet(cov_q)
        diff = p - q
        kl = 0.5 * (const + tf.einsum("ni,ij,nj->n", diff, inv_p, diff))
        rec = tf.reduce_sum((tf.matmul(q + batch["eps"], dec) - batch["image"]) ** 2, 1)
        return tf.reduce_mean(rec + kl)

    def candidate(batch):
        def latent_kl(q, p):
            mean1, mean2 = q, p
            kl = 0.5 * tf.square(mean2 - mean1)
            kl = tf.reduce_sum(kl, axis=[1])
            return tf.reduce_mean(kl)

        qs = keras.activations.tanh(tf.matmul(batch["image"], enc))
        ps = tf.matmul(batch["shape"], pri)
        sample = qs + batch["eps"]
        likelihood = tf.reduce_sum(tf.math.squared_difference(sample @ dec, batch["image"])) / n
        return likelihood + latent_kl(qs, ps)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [enc, pri, dec]}
