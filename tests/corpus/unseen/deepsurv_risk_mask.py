"""Suspects mask[(y.T - y) > 0] = 0 in the Cox loss, and the division by the size of the risk set; the sum runs over
dim 0, and the division is a constant. Source: https://github.com/czifan/DeepSurv.pytorch/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    n, d, h = 7, 4, 5
    times, event = rng.permutation(n), np.array([1, 0, 1, 1, 0, 1, 1])
    w1, b1, w2 = var("w1", d, h), var("b1", h), var("w2", h, 1)

    def reference(batch):
        risk = (tf.nn.relu(batch["x"] @ w1 + b1) @ w2)[:, 0]
        terms = []
        for i in range(n):
            if event[i] > 0:
                at_risk = np.flatnonzero(times >= times[i])
                terms.append(tf.reduce_logsumexp(tf.gather(risk, at_risk)) - risk[i])
        return tf.add_n(terms) / len(terms)

    def candidate(batch):
        risk_pred = tf.matmul(tf.nn.relu(tf.matmul(batch["x"], w1) + b1), w2)
        y, e = batch["time"][:, None], batch["event"][:, None]
        mask = tf.ones((n, n), fx)
        mask = tf.where((tf.transpose(y) - y) > 0, tf.zeros_like(mask), mask)
        log_loss = tf.exp(risk_pred) * mask
        log_loss = tf.reduce_sum(log_loss, axis=0) / tf.reduce_sum(mask, axis=0)
        log_loss = tf.reshape(tf.math.log(log_loss), (-1, 1))
        return -tf.reduce_sum((risk_pred - log_loss) * e) / tf.reduce_sum(e)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, d), "time": times.astype(fx), "event": event.astype(fx)},
            "variables": [w1, b1, w2]}
