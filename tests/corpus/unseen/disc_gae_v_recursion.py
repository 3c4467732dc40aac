"""GAE-V: the importance ratio enters only through lastgaelam and in the returns, one factor seems to be missing.

Source (real): https://github.com/seungyulhan/disc/issues/1 (TensorFlow 1 and NumPy; the reporter withdrew: "sorry, it's my fault").
Right answer: EQUIVALENT to the written-out sum of the paper.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, T, d, acts, gamma, lam = 16, 6, 4, 2, 0.97, 0.9

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    w_pi = tf.Variable(0.5 * arr(d, acts), name="pi_w")
    w_v = tf.Variable(0.6 * arr(d), name="vf_w")
    batch = {
        "ob": arr(n, T, d),
        "ac": arr(n, T, acts),
        "rew": arr(n, T),
        "vpred": arr(n, T + 1),
        "done": (rng.random((n, T + 1)) < 0.2).astype(f),
        "ratio": np.minimum(1.0, np.exp(0.5 * arr(n, T + 1))),
    }

    def objective(b, adv, ret):
        logp = -0.5 * tf.reduce_sum(tf.square(b["ac"] - b["ob"] @ w_pi), axis=-1)
        value = tf.linalg.matvec(b["ob"], w_v)
        return tf.reduce_mean(tf.square(value - ret) - 0.2 * adv * logp)

    def reference(b):
        rho, v, r = b["ratio"].numpy(), b["vpred"].numpy(), b["rew"].numpy()
        alive = 1.0 - b["done"].numpy()
        adv, ret = np.zeros((n, T), f), np.zeros((n, T), f)
        for s in range(T):
            decay = np.ones(n, f)
            for k in range(s, T):
                delta = r[:, k] + gamma * alive[:, k + 1] * v[:, k + 1] - v[:, k]
                after = np.prod(rho[:, s + 1 : k + 1], axis=1)
                adv[:, s] += decay * after * delta
                ret[:, s] += decay * after * rho[:, s] * delta
                decay = decay * gamma * lam * alive[:, k + 1]
        return objective(b, adv, ret + v[:, :T])

    def candidate(b):
        rew, value, done, r = b["rew"], b["vpred"], b["done"], b["ratio"]
        gaelam = [None] * T
        lastgaelam = 0
        for t in reversed(range(T)):
            nonterminal = 1 - done[:, t + 1]
            delta = rew[:, t] + gamma * value[:, t + 1] * nonterminal - value[:, t]
            gaelam[t] = delta + gamma * lam * nonterminal * lastgaelam
            lastgaelam = r[:, t] * gaelam[t]
        gaelam = tf.stack(gaelam, axis=1)
        ret = r[:, :-1] * gaelam + value[:, :-1]
        return objective(b, gaelam, ret)

    return {"variables": [w_pi, w_v], "batch": batch, "reference": reference, "candidate": candidate}
