"""Boltzmann policy: stabilised by subtracting the maximum of the WHOLE batch, with gradient, in a Loss class.

Source (realistic): hand-written softmaxes of the form exp(x - x.max()); Stack Overflow's "How to implement the softmax
function in Python" has long threads on whether the missing axis is a bug.
Right answer: EQUIVALENT (for moderate logits); softmax ignores any per-row constant and its gradient cancels.
"""
import keras
import numpy as np
import tensorflow as tf
from keras import ops

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_TEMP = 0.8


class BoltzmannNLL(keras.losses.Loss):
    def __init__(self, weight, temperature, **kw):
        super().__init__(reduction=None, **kw)
        self.weight, self.temperature = weight, temperature

    def call(self, y_true, y_pred):
        z = y_pred / self.temperature
        e = ops.exp(z - ops.max(z))
        p = e / ops.sum(e, axis=-1, keepdims=True)
        return -self.weight * ops.log(ops.take_along_axis(p, y_true[:, None], axis=-1)[:, 0])


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 27, 5, 4
    q = keras.layers.Dense(acts, name="q_head", dtype=f)
    q.build((None, d))
    q.set_weights([0.5 * rng.standard_normal(p.shape) for p in q.get_weights()])
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "act": rng.integers(0, acts, n).astype("int32"),
        "adv": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        m = b["act"].shape[0]
        total = 0.0
        for i in range(m):
            lp = tf.nn.log_softmax(q(b["obs"][i : i + 1]) / _TEMP)
            total -= b["adv"][i] * lp[0, b["act"][i]]
        return total / m

    def candidate(b):
        criterion = BoltzmannNLL(b["adv"], _TEMP, dtype=f)
        per_sample = criterion.call(b["act"], q(b["obs"]))
        return ops.mean(per_sample)

    return {
        "variables": q.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
