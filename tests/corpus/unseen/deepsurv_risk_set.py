"""DeepSurv's partial likelihood: the thread misses the risk sets R_i in the cumulative sum (the batch is sorted by falling time).
Source: https://github.com/jaredleekatzman/DeepSurv/issues/71"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, h = 8, 4, 5
    w1 = tf.Variable(rng.normal(0, 0.7, (d, h)).astype(fx), name="hidden")
    w2 = tf.Variable(rng.normal(0, 0.7, (h, 1)).astype(fx), name="risk")
    l2 = 0.01

    def risk_net(x):
        return tf.nn.selu(x @ w1) @ w2

    def reference(batch):
        f = risk_net(batch["x"])[:, 0]
        times, events = batch["time"].numpy(), batch["event"].numpy()
        total = 0.0
        for i in np.flatnonzero(events):
            at_risk = np.flatnonzero(times >= times[i])
            total += f[i] - tf.reduce_logsumexp(tf.gather(f, at_risk))
        penalty = l2 * (tf.reduce_sum(w1**2) + tf.reduce_sum(w2**2))
        return -total / float(events.sum()) + penalty

    def candidate(batch):
        risk = risk_net(batch["x"])
        hazard_ratio = tf.exp(risk)
        log_risk = tf.math.log(tf.cumsum(hazard_ratio, axis=0))
        uncensored_likelihood = risk - log_risk
        censored_likelihood = uncensored_likelihood * batch["event"][:, None]
        neg_likelihood = -tf.reduce_sum(censored_likelihood) / tf.reduce_sum(batch["event"])
        return neg_likelihood + 2.0 * l2 * (tf.nn.l2_loss(w1) + tf.nn.l2_loss(w2))

    time = np.sort(rng.exponential(size=n))[::-1].copy()
    event = (rng.uniform(size=n) < 0.6).astype(fx)
    event[[2, 5]] = 1.0
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "time": time.astype(fx), "event": event},
            "variables": [w1, w2]}
