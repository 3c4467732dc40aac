"""Off-policy TD(lambda): the ratio of the current step multiplies the carried trace and the update, so it counts twice and the older ones too little.

Source (real): https://github.com/SlopDotCash/asi/issues/462 and pull/487 (`OffPolicyTDLinearLearner`, JAX, ported; the fix puts the ratio outside:
z = rho * (gamma * lambda * z + phi)).
Right answer: NOT equivalent unless rho is constant. The loss is the surrogate whose gradient is the (negative) TD update.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "self.e = rho * _GAMMA * _LAM * self.e + phi",
    "same_forward_value": False,
}

_GAMMA, _LAM = 0.9, 0.8


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d = 14, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.5 * arr(d), name="value_w")
    batch = {
        "phi": arr(n, steps + 1, d),
        "rho": np.exp(0.6 * rng.standard_normal((n, steps))).astype(f),
        "rew": arr(n, steps),
    }

    def reference(b):
        v = tf.einsum("ntd,d->nt", b["phi"], w)
        delta = tf.stop_gradient(b["rew"] + _GAMMA * v[:, 1:] - v[:, :-1])
        total = 0.0
        for t in range(steps):
            credit = 0.0
            for k in range(t + 1):  # the feature that was visited k steps ago
                weight = tf.reduce_prod(b["rho"][:, t - k : t + 1], axis=1)
                credit += (_GAMMA * _LAM) ** k * weight * v[:, t - k]
            total -= tf.reduce_mean(delta[:, t] * credit)
        return total

    def candidate(b):
        class Learner:
            def __init__(self, like):
                self.e = tf.zeros_like(like)

            def step(self, phi, next_phi, rho, cumulant):
                rho = rho[:, None]
                delta = cumulant + _GAMMA * tf.linalg.matvec(next_phi, w) - tf.linalg.matvec(phi, w)
                self.e = rho * _GAMMA * _LAM * self.e + phi
                return tf.stop_gradient(delta)[:, None] * rho * self.e

        learner = Learner(b["phi"][:, 0])
        updates = []
        for t in range(steps):
            updates.append(learner.step(b["phi"][:, t], b["phi"][:, t + 1], b["rho"][:, t], b["rew"][:, t]))
        return -tf.tensordot(tf.reduce_mean(tf.add_n(updates), axis=0), w, 1)

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
