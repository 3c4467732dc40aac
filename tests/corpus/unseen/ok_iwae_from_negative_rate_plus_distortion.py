"""IWAE bound in the TFP example: the reuse of elbo_local = -(rate + distortion) was thought to flip p / q inside the
logarithm; it is log p(x, z) / q(z | x) as it should be.
Source: https://github.com/tensorflow/probability/issues/189"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, pix, lat, samples = 12, 7, 3, 5
    mean_w = tf.Variable(rng.normal(size=(pix, lat)).astype(f) * 0.5, name="mean_w")
    scale_w = tf.Variable(rng.normal(size=(pix, lat)).astype(f) * 0.3, name="scale_w")
    dec = tf.Variable(rng.normal(size=(lat, pix)).astype(f), name="dec")
    batch = {"x": (rng.uniform(size=(n, pix)) < 0.5).astype(f), "eps": rng.normal(size=(n, samples, lat)).astype(f)}
    log_2pi = float(np.log(2 * np.pi))

    def reference(batch):
        x = batch["x"]
        m, log_s = tf.matmul(x, mean_w), tf.matmul(x, scale_w)
        z = m[:, None] + tf.exp(log_s)[:, None] * batch["eps"]
        logits = tf.einsum("nsl,lp->nsp", z, dec)
        log_lik = tf.reduce_sum(x[:, None] * logits - tf.nn.softplus(logits), axis=2)
        log_prior = -0.5 * tf.reduce_sum(tf.square(z) + log_2pi, axis=2)
        log_q = tf.reduce_sum(-0.5 * (tf.square(batch["eps"]) + log_2pi) - log_s[:, None], axis=2)
        ratio = tf.exp(log_lik + log_prior - log_q)
        return -tf.reduce_mean(tf.math.log(tf.reduce_mean(ratio, axis=1)))

    def candidate(batch):
        class Normal:
            def __init__(self, loc, scale):
                self.loc, self.scale = loc, scale

            def log_prob(self, value):
                t = (value - self.loc) / self.scale
                return tf.reduce_sum(-0.5 * t * t - tf.math.log(self.scale) - 0.5 * log_2pi, -1)

        features = batch["x"]
        approx_posterior = Normal(features @ mean_w, tf.exp(features @ scale_w))
        noise = tf.transpose(batch["eps"], [1, 0, 2])
        approx_posterior_sample = approx_posterior.loc + approx_posterior.scale * noise
        decoder_logits = tf.tensordot(approx_posterior_sample, dec, 1)
        distortion = tf.reduce_sum(
            tf.nn.sigmoid_cross_entropy_with_logits(
                labels=tf.broadcast_to(features, [samples, n, pix]), logits=decoder_logits), -1)
        latent_prior = Normal(tf.zeros(lat, f), tf.ones(lat, f))
        rate = (approx_posterior.log_prob(approx_posterior_sample) - latent_prior.log_prob(approx_posterior_sample))
        elbo_local = -(rate + distortion)
        importance_weighted_elbo = tf.reduce_mean(
            tf.reduce_logsumexp(elbo_local, axis=0) - tf.math.log(tf.cast(samples, f)))
        return -importance_weighted_elbo

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [mean_w, scale_w, dec]}
