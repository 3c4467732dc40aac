"""Actor-critic: the entropy is added to the loss to be minimised.

Origin (realistic): the paper maximises J + beta * H; only J was negated.
Right answer: NOT equivalent; the policy is driven to collapse.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'return actor + 0.5 * critic + _BETA * entropy',
    "same_forward_value": False,
}

_BETA = 0.1


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 31, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wp = tf.Variable(0.7 * arr(d, acts), name="policy_w")
    wv = tf.Variable(0.6 * arr(d, 1), name="value_w")
    batch = {"obs": arr(n, d), "act": rng.integers(0, acts, n), "adv": arr(n), "ret": arr(n)}

    def reference(b):
        m = b["act"].shape[0]
        total = 0.0
        for i in range(m):
            x = b["obs"][i : i + 1]
            lp = tf.nn.log_softmax(x @ wp)[0]
            total += -lp[b["act"][i]] * b["adv"][i] + 0.5 * tf.square((x @ wv)[0, 0] - b["ret"][i])
            total += _BETA * tf.reduce_sum(tf.exp(lp) * lp)
        return total / m

    @tf.function
    def candidate(b):
        logp = keras.ops.log_softmax(keras.ops.matmul(b["obs"], wp), axis=-1)
        taken = keras.ops.sum(logp * keras.ops.one_hot(b["act"], acts, dtype=logp.dtype), axis=-1)
        actor = -keras.ops.mean(taken * b["adv"])
        critic = keras.ops.mean(keras.ops.square(keras.ops.squeeze(b["obs"] @ wv, axis=-1) - b["ret"]))
        entropy = -keras.ops.mean(keras.ops.sum(keras.ops.exp(logp) * logp, axis=-1))
        return actor + 0.5 * critic + _BETA * entropy

    return {"variables": [wp, wv], "batch": batch, "reference": reference, "candidate": candidate}
