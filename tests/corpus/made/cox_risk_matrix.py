"""Cox partial likelihood: scores (n,) spread to an (n, n) risk-set matrix.

Source (constructed): the sort-and-cumulate form of the Breslow likelihood against the explicit risk-set mask.
Right answer: EQUIVALENT; the (n, n) is the set of subjects still at risk.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 29, 5, 4
    w1 = tf.Variable((0.6 * rng.standard_normal((d, hid))).astype(f), name="hazard_w1")
    w2 = tf.Variable((0.8 * rng.standard_normal((hid, 1))).astype(f), name="hazard_w2")
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "time": (rng.permutation(n) + rng.uniform(0.1, 0.9, n)).astype(f),
        "event": (rng.random(n) < 0.6).astype(f),
    }

    def reference(b):
        order = tf.argsort(b["time"], direction="DESCENDING")
        eta = tf.gather(tf.tanh(b["x"] @ w1) @ w2, order)[:, 0]
        event = tf.gather(b["event"], order)
        partial = eta - tf.math.cumulative_logsumexp(eta)
        return -tf.reduce_sum(event * partial) / tf.reduce_sum(event)

    def candidate(b):
        eta = tf.squeeze(tf.tanh(b["x"] @ w1) @ w2, -1)
        at_risk = b["time"] >= b["time"][:, None]
        pool = tf.reduce_logsumexp(tf.where(at_risk, eta, -1e9), axis=1)
        dead = b["event"] > 0
        return tf.reduce_mean(tf.boolean_mask(pool, dead) - tf.boolean_mask(eta, dead))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
