"""World model: the discount head evaluates a Bernoulli log prob at 0.999, no valid outcome; the log prob of a soft target is the cross entropy that is wanted.
Source: https://github.com/danijar/dreamerv2/issues/18"""
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
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, feat = 12, 6, 5
    gamma = 0.999
    head = keras.Sequential([keras.Input((steps, feat)), keras.layers.Dense(7, activation="elu"), keras.layers.Dense(1)])
    reward = keras.Sequential([keras.Input((steps, feat)), keras.layers.Dense(1)])
    batch = {
        "feat": rng.standard_normal((n, steps, feat)).astype(f),
        "terminal": (rng.random((n, steps)) < 0.25).astype(f),
        "reward": rng.standard_normal((n, steps)).astype(f),
    }

    def reference(b):
        target = gamma * (1.0 - b["terminal"])
        p = tf.sigmoid(head(b["feat"])[..., 0])
        ce = -(target * tf.math.log(p) + (1 - target) * tf.math.log(1 - p))
        mse = 0.5 * tf.square(reward(b["feat"])[..., 0] - b["reward"])
        return tf.reduce_mean(5.0 * ce + mse)

    def candidate(b):
        class Bernoulli:
            def __init__(self, logits):
                self.logits = logits

            def log_prob(self, event):
                return event * self.logits - tf.nn.softplus(self.logits)

        class UnitNormal:
            def __init__(self, mean):
                self.mean = mean

            def log_prob(self, value):
                return -0.5 * (value - self.mean) ** 2

        heads = {
            "discount": (Bernoulli(tf.squeeze(head(b["feat"]), -1)), 5.0),
            "reward": (UnitNormal(tf.squeeze(reward(b["feat"]), -1)), 1.0),
        }
        data = {"discount": (1 - b["terminal"]) * gamma, "reward": b["reward"]}
        losses = {}
        for name, (dist, scale) in heads.items():
            like = dist.log_prob(data[name])
            losses[name] = -scale * keras.ops.mean(like)
        return sum(losses.values())

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": head.trainable_variables + reward.trainable_variables}
