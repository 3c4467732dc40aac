"""Negative marginal log-likelihood of a state-space model by filtering: the last ("-1"th) observation is left out of the sum.
Source: https://github.com/pnkraemer/probdiffeq/pull/473"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'for obs in tf.unstack(batch["y"], axis=1)[:-1]:',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    log_q = tf.Variable(np.asarray(rng.normal() * 0.3, f), name="log_q")
    log_r = tf.Variable(np.asarray(rng.normal() * 0.3, f), name="log_r")
    m0 = tf.Variable(np.asarray(rng.normal(), f), name="m0")
    p0 = 1.5

    def reference(batch):
        # the joint Gaussian of the random walk seen through noise
        y = batch["y"]
        steps = y.shape[1]
        t = np.arange(1, steps + 1)
        cov = p0 + tf.exp(log_q) * tf.constant(np.minimum.outer(t, t), f) + tf.exp(log_r) * tf.eye(steps, dtype=f)
        chol = tf.linalg.cholesky(cov)
        white = tf.linalg.triangular_solve(chol, tf.transpose(y - m0))
        logdet = 2.0 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(chol)))
        quad = tf.reduce_sum(tf.square(white), axis=0)
        return 0.5 * tf.reduce_mean(quad + logdet + steps * np.log(2 * np.pi))

    def candidate(batch):
        class RandomVariable:
            def __init__(self, mean, var):
                self.mean, self.var = mean, var

            def extrapolate(self):
                return RandomVariable(self.mean, self.var + tf.exp(log_q))

            def logpdf(self, u):
                s = self.var + tf.exp(log_r)
                return -0.5 * (tf.math.log(2 * np.pi * s) + tf.square(u - self.mean) / s)

            def condition(self, u):
                gain = self.var / (self.var + tf.exp(log_r))
                return RandomVariable(self.mean + gain * (u - self.mean), (1.0 - gain) * self.var)

        rv = RandomVariable(m0 * tf.ones(batch["y"].shape[0], f), tf.fill([batch["y"].shape[0]], tf.constant(p0, f)))
        evidence = 0.0
        for obs in tf.unstack(batch["y"], axis=1)[:-1]:
            rv = rv.extrapolate()
            evidence += rv.logpdf(obs)
            rv = rv.condition(obs)
        return -tf.reduce_mean(evidence)

    batch = {"y": np.cumsum(rng.normal(size=(16, 7)) * 1.5, axis=1).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [log_q, log_r, m0]}
