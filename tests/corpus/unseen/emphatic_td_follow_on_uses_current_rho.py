"""Emphatic TD: the follow-on trace is advanced with the importance ratio of the current step; it must be that of the previous step.

Source (real): https://github.com/SlopDotCash/asi/pull/1975 (JAX, ETDLinearLearner._update_jit, ported).
Right answer: NOT equivalent: F_t = rho_{t-1} gamma F_{t-1} + i_t, whereas the eligibility trace does use rho_t.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "follow_on = rho_s * gamma * follow_on + interest[:, t]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, T, d, feats, gamma, lam = 15, 5, 4, 6, 0.9, 0.6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    weights = tf.Variable(0.6 * arr(feats), name="weights")
    bias = tf.Variable(np.asarray(0.2, f), name="bias")
    basis = tf.constant(0.7 * arr(d, feats))
    batch = {
        "obs": arr(n, T + 1, d),
        "reward": arr(n, T),
        "rho": rng.uniform(0.0, 2.0, (n, T)).astype(f),
        "interest": rng.uniform(0.5, 1.5, (n, T)).astype(f),
    }

    def phi(x):
        return tf.tanh(x @ basis)

    def reference(b):
        # eqs. 17-20 written out as sums over the past
        x = phi(b["obs"])
        v = tf.linalg.matvec(x, weights) + bias
        delta = tf.stop_gradient(b["reward"] + gamma * v[:, 1:] - v[:, :-1])
        rho, inter = b["rho"], b["interest"]
        loss = 0.0
        for t in range(T):
            for k in range(t + 1):
                F_k = inter[:, k]
                for s in range(k):
                    F_k += inter[:, s] * gamma ** (k - s) * tf.reduce_prod(rho[:, s:k], axis=1)
                M_k = lam * inter[:, k] + (1.0 - lam) * F_k
                credit = (gamma * lam) ** (t - k) * tf.reduce_prod(rho[:, k : t + 1], axis=1) * M_k
                loss -= tf.reduce_mean(delta[:, t] * credit * v[:, k])
        return loss

    def candidate(b):
        rho, interest = b["rho"], b["interest"]
        follow_on = tf.zeros_like(rho[:, 0])
        e_w, e_b = tf.zeros_like(phi(b["obs"][:, 0])), tf.zeros_like(rho[:, 0])
        loss = 0.0
        for t in range(T):
            features, next_features = phi(b["obs"][:, t]), phi(b["obs"][:, t + 1])
            rho_s = rho[:, t]
            follow_on = rho_s * gamma * follow_on + interest[:, t]
            emphasis = lam * interest[:, t] + (1.0 - lam) * follow_on
            e_w = rho_s[:, None] * (gamma * lam * e_w + emphasis[:, None] * features)
            e_b = rho_s * (gamma * lam * e_b + emphasis)
            value = tf.linalg.matvec(features, weights) + bias
            next_value = tf.linalg.matvec(next_features, weights) + bias
            td_error = tf.stop_gradient(b["reward"][:, t] + gamma * next_value - value)
            # the gradient of this is minus the update delta * e
            loss -= tf.reduce_mean(td_error * (tf.linalg.matvec(e_w, weights) + e_b * bias))
        return loss

    return {"variables": [weights, bias], "batch": batch, "reference": reference, "candidate": candidate}
