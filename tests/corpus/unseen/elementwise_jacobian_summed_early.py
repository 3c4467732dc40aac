"""Density of an elementwise transformed variable: the log-Jacobian is summed first and then added to each element's log-density, so that it counts once too often per element.
Source: https://github.com/pymc-devs/pymc/pull/800"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return self.dist.logp(self.transform_used.backward(x)) + tf.reduce_sum(self.transform_used.jacobian_det(x))',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, K = 16, 5
    mu = tf.Variable(rng.normal(size=(K,)), dtype=f, name="mu")
    log_sd = tf.Variable(0.3 * rng.normal(size=(K,)), dtype=f, name="log_sd")
    batch = {"y": rng.normal(size=(n, K)).astype(f)}
    half_log_2pi = 0.5 * float(np.log(2 * np.pi))

    def reference(batch):
        total = 0.0
        for k in range(K):
            sd = tf.exp(log_sd[k])
            lik = -half_log_2pi - log_sd[k] - 0.5 * ((batch["y"][:, k] - mu[k]) / sd) ** 2
            prior = float(np.log(2.0)) - half_log_2pi - 0.5 * sd ** 2 + log_sd[k]
            total += tf.reduce_sum(lik) + prior - half_log_2pi - 0.5 * mu[k] ** 2
        return -total / n

    def candidate(batch):
        class LogTransform:
            def backward(self, x):
                return tf.exp(x)

            def jacobian_det(self, x):
                return x

        class Normal:
            def __init__(self, loc, sd):
                self.loc, self.sd = loc, sd

            def logp(self, value):
                z = (value - self.loc) / self.sd
                return -half_log_2pi - tf.math.log(self.sd) - 0.5 * tf.square(z)

        class HalfNormal:
            def logp(self, value):
                return Normal(tf.zeros_like(value), tf.ones_like(value)).logp(value) + float(np.log(2.0))

        class TransformedDistribution:
            def __init__(self, dist, transform):
                self.dist, self.transform_used = dist, transform

            def logp(self, x):
                return self.dist.logp(self.transform_used.backward(x)) + tf.reduce_sum(self.transform_used.jacobian_det(x))

        sd_prior = TransformedDistribution(HalfNormal(), LogTransform())
        factors = [
            Normal(mu[None], tf.exp(log_sd)[None]).logp(batch["y"]),
            Normal(tf.zeros_like(mu), tf.ones_like(mu)).logp(mu),
            sd_prior.logp(log_sd),
        ]
        return -tf.add_n([tf.reduce_sum(x) for x in factors]) / n

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [mu, log_sd]}
