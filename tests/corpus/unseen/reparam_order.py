"""Tutorial on latent dynamics: the reparametrised sample is (eps + mu) * sigma rather than eps * sigma + mu.
Source: https://github.com/catniplab/latent_dynamics_workshop/issues/1"""
import math
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "samples = (batch[\"eps\"] + mu) * sigma",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n_mc, t, obs = 5, 6, 4
    mu = tf.Variable(rng.normal(size=(t,)).astype(fx), name="mu")
    log_sigma = tf.Variable((rng.normal(size=(t,)) * 0.3 - 0.8).astype(fx), name="log_sigma")
    load = tf.Variable(rng.normal(size=(obs,), scale=0.6).astype(fx), name="loading")

    def reference(batch):
        s = tf.exp(log_sigma)
        elbo = 0.0
        for k in range(n_mc):
            x = mu + s * batch["eps"][k]
            eta = x[:, None] * load[None, :]
            loglik = tf.reduce_sum(batch["y"] * eta - tf.exp(eta))
            logprior = -0.5 * tf.reduce_sum(x ** 2)
            elbo += loglik + logprior
        entropy = tf.reduce_sum(log_sigma + 0.5 * math.log(2 * math.pi * math.e))
        return -(elbo / n_mc + entropy)

    def candidate(batch):
        sigma = tf.exp(log_sigma)
        samples = (batch["eps"] + mu) * sigma
        log_rate = tf.einsum("kt,o->kto", samples, load)
        expected_ll = tf.reduce_sum(batch["y"][None] * log_rate - tf.exp(log_rate), axis=[1, 2])
        log_prior = tf.reduce_sum(-0.5 * tf.square(samples), axis=1)
        entropy = tf.reduce_sum(0.5 * tf.math.log(2 * math.pi * math.e * sigma ** 2))
        return -tf.reduce_mean(expected_ll + log_prior) - entropy

    return {"reference": reference, "candidate": candidate,
            "batch": {"eps": rng.normal(size=(n_mc, t)).astype(fx), "y": rng.poisson(1.5, size=(t, obs)).astype(fx)},
            "variables": [mu, log_sigma, load]}
