"""Cox partial likelihood: sort by time and take a running sum instead of explicit risk sets.

Origin: realistic (DeepSurv-style losses; without ties the cumulative form is exact). The reordering of the whole batch
and the stopped maximum look like coupling mistakes.
Right answer: EQUIVALENT; divided by the number of events in both.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 29, 5, 6
    fc = keras.layers.Dense(hid, activation="selu", name="fc", dtype=f)
    risk = keras.layers.Dense(1, use_bias=False, name="risk", dtype=f)
    fc.build((None, d))
    risk.build((None, hid))
    for layer in (fc, risk):
        layer.set_weights([0.5 * rng.standard_normal(p.shape).astype(f) for p in layer.get_weights()])
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "time": rng.exponential(5.0, n).astype(f),
        "event": (rng.uniform(size=n) > 0.35).astype(f),
    }

    def reference(b):
        t, died = b["time"].numpy(), b["event"].numpy()
        r = tf.squeeze(risk(fc(b["x"])), -1)
        total, events = 0.0, 0
        for i in range(len(t)):
            if died[i] > 0:
                at_risk = [j for j in range(len(t)) if t[j] >= t[i]]
                total += tf.reduce_logsumexp(tf.gather(r, at_risk)) - r[i]
                events += 1
        return total / events

    def candidate(b):
        order = tf.argsort(b["time"], direction="DESCENDING")
        event = tf.gather(b["event"], order)
        log_h = tf.gather(risk(fc(b["x"]))[:, 0], order)
        gamma = tf.stop_gradient(tf.reduce_max(log_h))
        log_cumsum_h = tf.math.log(tf.cumsum(tf.exp(log_h - gamma)) + 1e-12) + gamma
        return -tf.reduce_sum((log_h - log_cumsum_h) * event) / tf.reduce_sum(event)

    return {
        "variables": fc.trainable_variables + risk.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
