"""The indicator of the quantile loss is the wrong way round, so the output for tau learns the quantile 1 - tau (and the loss is no longer convex).

Source (real): https://github.com/ufal/npfl139/issues/17
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'over = tf.cast(err >= 0.0, tf.float32)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, lag, horizon = 12, 6, 3
    taus = np.array([0.1, 0.3, 0.8], np.float32)
    q = len(taus)
    mk = lambda name, *s: tf.Variable((0.5 * rng.normal(size=s)).astype(np.float32), name=name)
    w1, w2, b2 = mk("w1", lag, 7), mk("w2", 7, horizon * q), mk("b2", horizon * q)
    batch = {
        "history": rng.normal(size=(n, lag)).astype(np.float32),
        "future": rng.normal(size=(n, horizon)).astype(np.float32),
        "observed": (rng.random((n, horizon)) < 0.8).astype(np.float32),
    }

    def forecast(history):
        hidden = tf.nn.swish(history @ w1)
        return tf.reshape(hidden @ w2 + b2, [-1, horizon, q])

    def reference(b):
        pred = forecast(b["history"])
        total = 0.0
        for k, tau in enumerate(taus):
            e = b["future"] - pred[..., k]
            pinball = tf.where(e > 0.0, tau * e, (tau - 1.0) * e)
            total += tf.reduce_sum(pinball * b["observed"]) / tf.reduce_sum(b["observed"])
        return total / q

    def candidate(b):
        pred = forecast(b["history"])
        err = b["future"][..., None] - pred
        over = tf.cast(err >= 0.0, tf.float32)
        loss = err * (taus - over)
        w = b["observed"][..., None]
        return tf.reduce_sum(loss * w) / (tf.reduce_sum(w) * q)

    return {"variables": [w1, w2, b2], "batch": batch, "reference": reference, "candidate": candidate}
