"""A2C for two discrete branches: sum(p * log p) is subtracted as if it were the entropy.

Source (realistic): many A3C/PPO ports; `entropy = tf.reduce_sum(p * log_p)` followed by `loss - c * entropy` punishes
exploration (threads titled "entropy collapses to zero").
Right answer: NOT equivalent; the entropy bonus has the wrong sign.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "loss = loss - _COEF * tf.reduce_mean(plogp)",
    "same_forward_value": False,
}

_COEF = 0.1
_BRANCHES = {"move": 4, "fire": 2}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 25, 5, 6
    trunk = keras.layers.Dense(hid, activation="tanh", name="trunk", dtype=f)
    trunk.build((None, d))
    heads = {k: keras.layers.Dense(v, name=k, dtype=f) for k, v in _BRANCHES.items()}
    for layer in heads.values():
        layer.build((None, hid))
    for layer in (trunk, *heads.values()):
        layer.set_weights([0.7 * rng.standard_normal(p.shape) for p in layer.get_weights()])
    batch = {"obs": rng.standard_normal((n, d)).astype(f), "adv": rng.standard_normal(n).astype(f)}
    batch |= {k: rng.integers(0, v, n) for k, v in _BRANCHES.items()}

    def reference(b):
        m = b["adv"].shape[0]
        total = 0.0
        for i in range(m):
            h = trunk(b["obs"][i : i + 1])
            for k, head in heads.items():
                p = tf.nn.softmax(head(h))[0]
                entropy = -tf.reduce_sum(p * tf.math.log(p))
                total += -tf.math.log(p[b[k][i]]) * b["adv"][i] - _COEF * entropy
        return total / m

    def candidate(b):
        h = trunk(b["obs"])
        loss = 0.0
        for k, head in heads.items():
            logp = tf.nn.log_softmax(head(h), axis=-1)
            plogp = tf.reduce_sum(tf.exp(logp) * logp, axis=-1)
            taken = tf.gather(logp, b[k], axis=-1, batch_dims=1)
            loss = loss - tf.reduce_mean(taken * b["adv"])
            loss = loss - _COEF * tf.reduce_mean(plogp)
        return loss

    return {
        "variables": [v for layer in (trunk, *heads.values()) for v in layer.trainable_variables],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
