"""Off-policy TD(lambda): the ratio stands in the trace as well as in the update, so it is applied twice.
Source: https://github.com/SlopDotCash/asi/pull/487"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'total -= tf.tensordot(rho[t] * delta * trace, w, 1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    T, d = 7, 5
    w = var("w", d)

    def reference(batch):
        phi, rho = batch["phi"], batch["rho"]
        g, lam = batch["gamma"], batch["lam"]
        v = tf.linalg.matvec(phi, w)
        delta = tf.stop_gradient(batch["rew"] + g * v[1:] - v[:-1])
        total = 0.0
        for t in range(T):
            weight = tf.ones([], w.dtype)
            for k in range(t, -1, -1):
                weight = weight * rho[k]
                total -= delta[t] * weight * v[k]
                weight = weight * g * lam
        return total

    def candidate(batch):
        phi, rho = batch["phi"], batch["rho"]
        decay = batch["gamma"] * batch["lam"]
        values = tf.stop_gradient(tf.linalg.matvec(phi, w))
        trace = tf.zeros_like(phi[0])
        total = tf.zeros([], w.dtype)
        for t in range(T):
            delta = batch["rew"][t] + batch["gamma"] * values[t + 1] - values[t]
            trace = rho[t] * (decay * trace + phi[t])
            total -= tf.tensordot(rho[t] * delta * trace, w, 1)
        return total

    return {"reference": reference, "candidate": candidate,
            "batch": {"phi": arr(T + 1, d), "rew": arr(T), "rho": rng.uniform(0.3, 1.8, T).astype(f),
                      "gamma": np.asarray(0.9, f), "lam": np.asarray(0.7, f)},
            "variables": [w]}
