"""Markov-switching forward filter: the log transition matrix is read as [to, from] although its rows are 'from'.

Source (real): https://github.com/kjartako/MS_VAR/issues/2 (Stan, ported; the author says the code had been hard coded for two
regimes and repaired it to logQ[j, i]).
Right answer: NOT equivalent; the likelihood is that of the transposed chain.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "fwd[i][j] = alphas[t - 1][:, j] + logQ[i, j] + py[:, i]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, nreg = 12, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    q_logits = tf.Variable(1.5 * arr(nreg, nreg), name="q_logits")
    mu = tf.Variable(arr(nreg), name="mu")
    phi = tf.Variable(0.4 * arr(nreg), name="phi")
    batch = {"y": arr(n, length)}
    log_init = float(-np.log(nreg))

    def obs_logpdf(y_t, y_prev):
        # (n, nreg): y_t | y_{t-1}, regime
        e = y_t[:, None] - mu[None] - phi[None] * y_prev[:, None]
        return -0.5 * tf.square(e) - 0.5 * float(np.log(2 * np.pi))

    def reference(b):
        y = b["y"]
        Q = tf.nn.softmax(q_logits, axis=1)
        belief = tf.exp(obs_logpdf(y[:, 1], y[:, 0])) / nreg
        ll = 0.0
        for t in range(2, y.shape[1]):
            norm = tf.reduce_sum(belief, axis=1, keepdims=True)
            ll += tf.math.log(norm[:, 0])
            belief = (belief / norm) @ Q * tf.exp(obs_logpdf(y[:, t], y[:, t - 1]))
        ll += tf.math.log(tf.reduce_sum(belief, axis=1))
        return -tf.reduce_mean(ll)

    def candidate(b):
        y = b["y"]
        logQ = tf.nn.log_softmax(q_logits, axis=1)
        alphas = {1: log_init + obs_logpdf(y[:, 1], y[:, 0])}
        for t in range(2, y.shape[1]):
            py = obs_logpdf(y[:, t], y[:, t - 1])
            fwd = [[None] * nreg for _ in range(nreg)]
            for i in range(nreg):
                for j in range(nreg):
                    fwd[i][j] = alphas[t - 1][:, j] + logQ[i, j] + py[:, i]
            alphas[t] = tf.stack([tf.reduce_logsumexp(tf.stack(row, 0), axis=0) for row in fwd], axis=1)
        return -tf.reduce_mean(tf.reduce_logsumexp(alphas[y.shape[1] - 1], axis=1))

    return {"variables": [q_logits, mu, phi], "batch": batch, "reference": reference, "candidate": candidate}
