"""The 0/1 event flags index the log likelihood contributions, so only the first two subjects are ever picked, again and again.

Source (real): https://github.com/Novartis/torchsurv/issues/117
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'pll = tf.gather(log_hz_sorted - log_denominator, event_sorted)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d = 14, 4
    w1, w2 = var("w1", d, 5), var("w2", 5, 1)
    ev = rng.integers(0, 2, size=(n,))
    ev[:2] = [1, 0]
    batch = {"x": arr(n, d), "time": rng.permutation(n).astype("float32") + 1.0, "event": ev}

    def log_hazard(b):
        return tf.squeeze(tf.nn.relu(b["x"] @ w1) @ w2, axis=1)

    def reference(b):
        lh = log_hazard(b)
        at_risk = b["time"][None, :] >= b["time"][:, None]
        denom = tf.reduce_logsumexp(tf.where(at_risk, lh[None, :], -1e9), axis=1)
        e = tf.cast(b["event"], tf.float32)
        return -tf.reduce_sum(e * (lh - denom)) / tf.reduce_sum(e)

    def candidate(b):
        order = tf.argsort(b["time"])
        log_hz_sorted = tf.gather(log_hazard(b), order)
        event_sorted = tf.gather(b["event"], order)
        log_denominator = tf.math.cumulative_logsumexp(log_hz_sorted, reverse=True)
        pll = tf.gather(log_hz_sorted - log_denominator, event_sorted)
        return -tf.reduce_mean(pll)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
