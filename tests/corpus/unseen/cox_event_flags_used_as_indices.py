"""The integer event flags index the vector of contributions, which fetches elements 0 and 1 again and again, in place of selecting the events.

Source (real): https://github.com/Novartis/torchsurv/issues/117
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'contributions = tf.gather(log_hz - log_denominator, event_sorted)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 14, 5
    w = tf.Variable((0.7 * rng.normal(size=(d, 6))).astype(np.float32), name="w")
    v = tf.Variable((0.7 * rng.normal(size=6)).astype(np.float32), name="v")
    event = rng.integers(0, 2, size=n).astype(np.int32)
    event[:3] = 1
    batch = {
        "x": rng.normal(size=(n, d)).astype(np.float32),
        "event": event,
        "time": (rng.permutation(n) + rng.random(n) * 0.5).astype(np.float32),   # no ties
    }

    def log_hazard(x):
        return tf.tensordot(tf.tanh(x @ w), v, 1)

    def reference(b):
        lh = log_hazard(b["x"])
        terms = []
        for i in range(n):
            risk_set = tf.boolean_mask(lh, b["time"] >= b["time"][i])
            terms.append(lh[i] - tf.reduce_logsumexp(risk_set))
        died = tf.cast(b["event"], tf.float32)
        return -tf.reduce_sum(died * tf.stack(terms)) / tf.reduce_sum(died)

    def candidate(b):
        order = tf.argsort(b["time"])
        log_hz = tf.gather(log_hazard(b["x"]), order)
        event_sorted = tf.gather(b["event"], order)
        flipped = tf.reverse(log_hz, axis=[0])
        log_denominator = tf.reverse(tf.math.cumulative_logsumexp(flipped), axis=[0])
        contributions = tf.gather(log_hz - log_denominator, event_sorted)
        return -tf.reduce_mean(contributions)

    return {"variables": [w, v], "batch": batch, "reference": reference, "candidate": candidate}
