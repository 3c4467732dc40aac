"""Deep hedging: log(mean(exp(-a * pl))) overflows for large losses; the robust form is a log-sum-exp. Source: https://github.com/pfnet-research/pfhedge/pull/574"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "return tf.math.log(tf.reduce_mean(tf.exp(-pl * a), axis=0)) / a",
    "same_forward_value": False,
}


def entropic_risk_measure(pl, a=1.0):
    return tf.math.log(tf.reduce_mean(tf.exp(-pl * a), axis=0)) / a


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, steps, strike, cost, maturity = 10, 5, 100.0, 1e-3, 20 / 250
    hedger = tf.keras.Sequential([
        tf.keras.layers.Input((3,)),
        tf.keras.layers.Dense(8, activation="relu"),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ])

    def profit_and_loss(batch):
        spot = batch["spot"]
        prev = tf.zeros([n, 1])
        pl = tf.zeros([n])
        for t in range(steps):
            expiry = tf.fill([n, 1], maturity * (1 - t / steps))
            features = tf.concat([tf.math.log(spot[:, t:t + 1] / strike), expiry, prev], axis=1)
            hedge = hedger(features)
            pl += hedge[:, 0] * (spot[:, t + 1] - spot[:, t])
            pl -= cost * tf.abs(hedge[:, 0] - prev[:, 0]) * spot[:, t]
            prev = hedge
        return pl - tf.nn.relu(spot[:, -1] - strike)

    def reference(batch):
        pl = profit_and_loss(batch)
        return tf.reduce_logsumexp(-pl) - np.log(n).astype(np.float32)

    def candidate(batch):
        return entropic_risk_measure(profit_and_loss(batch))

    moves = np.concatenate([np.zeros((n, 1)), rng.normal(scale=0.04, size=(n, steps))], axis=1)
    moves[2, -1] = 1.5      # one path with a jump
    spot = (strike * np.exp(np.cumsum(moves, axis=1))).astype(np.float32)
    return {"reference": reference, "candidate": candidate, "batch": {"spot": spot}, "variables": hedger.trainable_variables}
