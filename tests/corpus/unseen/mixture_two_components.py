"""MixtureDistribution counts the entries of its (distributions, weights) pair, so it takes two components whatever their
number. Source: https://github.com/jmschrei/yahmm/issues/40"""
import math

import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "(d, w), k = parameters, len(parameters)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, comp = 6, 4
    mu = tf.Variable(np.array([-2.0, -0.5, 1.0, 2.5]).astype(fx) + 0.1 * rng.normal(size=comp).astype(fx), name="mu")
    rho = tf.Variable(0.2 * rng.normal(size=comp).astype(fx), name="rho")
    pi = tf.Variable(rng.normal(size=comp).astype(fx), name="pi")

    def reference(batch):
        x = batch["x"][:, None]
        s = tf.nn.softplus(rho) + 0.1
        logn = -0.5 * ((x - mu) / s) ** 2 - tf.math.log(s) - 0.5 * math.log(2 * math.pi)
        return -tf.reduce_mean(tf.reduce_logsumexp(logn + tf.nn.log_softmax(pi), axis=1))

    def candidate(batch):
        class NormalDistribution:
            def __init__(self, mean, std):
                self.mean, self.std = mean, std

            def log_probability(self, symbol):
                z = (symbol - self.mean) / self.std
                return -0.5 * tf.square(z) - tf.math.log(self.std * math.sqrt(2 * math.pi))

        def log_probability(parameters, symbol):
            (d, w), k = parameters, len(parameters)
            terms = [tf.exp(d[i].log_probability(symbol)) * w[i] for i in range(k)]
            return tf.math.log(tf.add_n(terms) + 1e-30)

        std = tf.nn.softplus(rho) + 0.1
        distributions = [NormalDistribution(mu[i], std[i]) for i in range(comp)]
        weights = tf.unstack(tf.nn.softmax(pi))
        logp = tf.stack([log_probability([distributions, weights], x) for x in tf.unstack(batch["x"])])
        return -tf.reduce_mean(logp)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": np.concatenate([rng.normal(-1.2, 0.8, 3), rng.normal(1.0, 0.8, 3)]).astype(fx)},
            "variables": [mu, rho, pi]}
