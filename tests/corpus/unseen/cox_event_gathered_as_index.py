"""The 0/1 event indicator is used as an index into the partial likelihood instead of as a mask.

Source (real): https://github.com/Novartis/torchsurv/pull/141
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'pll = tf.gather(pll, tf.cast(event_sorted, tf.int32))',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 14, 5
    w1 = tf.Variable(rng.normal(size=(d, 6)).astype("float32") * 0.5, name="w1")
    b1 = tf.Variable(rng.normal(size=(6,)).astype("float32") * 0.1, name="b1")
    w2 = tf.Variable(rng.normal(size=(6, 1)).astype("float32") * 0.5, name="w2")
    event = (rng.uniform(size=n) < 0.6).astype("float32")
    event[:3] = [1.0, 0.0, 1.0]
    batch = {
        "x": rng.normal(size=(n, d)).astype("float32"),
        "time": rng.permutation(np.linspace(0.5, 9.0, n)).astype("float32"),
        "event": event,
    }

    def log_hazard(x):
        h = tf.nn.tanh(x @ w1 + b1)
        return tf.squeeze(h @ w2, axis=-1)

    def reference(b):
        log_hz = log_hazard(b["x"])
        time = b["time"]
        nll = 0.0
        for i in range(n):
            at_risk = tf.cast(time >= time[i], tf.float32)
            denom = tf.math.log(tf.reduce_sum(at_risk * tf.exp(log_hz)))
            nll = nll - b["event"][i] * (log_hz[i] - denom)
        l2 = tf.nn.l2_loss(w1) + tf.nn.l2_loss(w2)
        return nll / tf.reduce_sum(b["event"]) + 1e-3 * l2

    def candidate(b):
        order = tf.argsort(b["time"])
        log_hz_sorted = tf.gather(log_hazard(b["x"]), order)
        event_sorted = tf.gather(b["event"], order)
        log_denominator = tf.math.cumulative_logsumexp(log_hz_sorted, reverse=True)
        pll = log_hz_sorted - log_denominator
        pll = tf.gather(pll, tf.cast(event_sorted, tf.int32))
        n_events = tf.reduce_sum(event_sorted)
        penalty = tf.nn.l2_loss(w1) + tf.nn.l2_loss(w2)
        return -tf.reduce_sum(pll) / n_events + 1e-3 * penalty

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
