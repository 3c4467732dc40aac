"""Mixture density network: logsumexp of log-weights plus component log-densities against the plain sum of densities.

Source (real): https://github.com/tonyduan/mixture-density-network/issues/1 (claims that logsumexp is wrong and wants
the mean of the log-terms; the author explains). PyTorch, ported.
Right answer: EQUIVALENT; log sum_k pi_k N_k = logsumexp_k(log pi_k + log N_k). Targets meet all components through an
explicit extra axis.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, comps, out = 17, 5, 3, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_pi = tf.Variable(0.5 * arr(d, comps), name="w_pi")
    w_mu = tf.Variable(0.5 * arr(d, comps * out), name="w_mu")
    w_ls = tf.Variable(0.3 * arr(d, comps * out), name="w_log_sigma")
    batch = {"x": arr(n, d), "y": arr(n, out)}

    def params(x):
        mu = tf.reshape(x @ w_mu, [-1, comps, out])
        log_sigma = tf.reshape(tf.tanh(x @ w_ls), [-1, comps, out])
        return x @ w_pi, mu, log_sigma

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            pi, mu, log_sigma = params(b["x"][i : i + 1])
            weight = tf.nn.softmax(pi)[0]
            density = 0.0
            for k in range(comps):
                z = (b["y"][i] - mu[0, k]) / tf.exp(log_sigma[0, k])
                per_dim = tf.exp(-0.5 * tf.square(z)) / (tf.exp(log_sigma[0, k]) * np.sqrt(2 * np.pi))
                density += weight[k] * tf.reduce_prod(per_dim)
            total -= tf.math.log(density)
        return total / m

    def candidate(b):
        pi, mu, log_sigma = params(b["x"])
        z = (tf.expand_dims(b["y"], 1) - mu) * tf.exp(-log_sigma)
        log_prob = -0.5 * tf.square(z) - log_sigma - 0.5 * np.log(2 * np.pi)
        log_lik = tf.reduce_sum(log_prob, axis=2)
        return -tf.reduce_mean(tf.reduce_logsumexp(tf.nn.log_softmax(pi) + log_lik, axis=1))

    return {"variables": [w_pi, w_mu, w_ls], "batch": batch, "reference": reference, "candidate": candidate}
