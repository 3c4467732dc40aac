"""Right: max((q-1)*e, q*e) with the signed error is the quantile loss written with cases.

Source (real): https://github.com/KalleBylin/temporal-fusion-transformers/issues/1
"""
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
    n, length, d, horizon = 10, 6, 3, 4
    quantiles = (0.1, 0.5, 0.9)
    w_x = tf.Variable(rng.normal(0, 0.5, (d, 8)), name="rnn/x")
    w_h = tf.Variable(rng.normal(0, 0.4, (8, 8)), name="rnn/h")
    w_o = tf.Variable(rng.normal(0, 0.4, (8, horizon * len(quantiles))), name="out")
    batch = {"past": rng.normal(size=(n, length, d)), "future": rng.normal(size=(n, horizon))}

    def forecast(b):
        h = tf.zeros([n, 8], tf.float64)
        for t in range(length):
            h = tf.tanh(b["past"][:, t] @ w_x + h @ w_h)
        return tf.reshape(h @ w_o, [n, horizon, len(quantiles)])

    def reference(b):
        pred = forecast(b)
        loss = 0.0
        for k, q in enumerate(quantiles):
            gap = tf.abs(b["future"] - pred[..., k])
            under = b["future"] >= pred[..., k]
            loss += tf.reduce_mean(tf.where(under, q * gap, (1.0 - q) * gap))
        return loss

    def candidate(b):
        preds = forecast(b)
        q = tf.constant(quantiles, tf.float64)
        errors = b["future"][..., None] - preds
        losses = tf.maximum((q - 1.0) * errors, q * errors)
        return tf.reduce_mean(tf.reduce_sum(losses, axis=-1))

    return {"variables": [w_x, w_h, w_o], "batch": batch, "reference": reference, "candidate": candidate}
