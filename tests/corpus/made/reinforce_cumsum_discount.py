"""REINFORCE with baseline: discounted reward-to-go by a reversed cumsum divided by gamma**t.

Source (constructed): the closed form that replaces the backward loop over time.
Right answer: EQUIVALENT; the division removes the extra discount again.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_GAMMA = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d, acts = 14, 6, 4, 3
    w = tf.Variable((0.6 * rng.standard_normal((d, acts))).astype(f), name="pi_w")
    v = tf.Variable((0.5 * rng.standard_normal((d, 1))).astype(f), name="base_w")
    batch = {
        "obs": rng.standard_normal((n, steps, d)).astype(f),
        "act": rng.integers(0, acts, (n, steps)).astype("int32"),
        "rew": rng.standard_normal((n, steps)).astype(f),
    }

    def reference(b):
        m = b["rew"].shape[0]
        go, total = tf.zeros_like(b["rew"][:, 0]), 0.0
        for t in reversed(range(steps)):
            go = b["rew"][:, t] + _GAMMA * go
            base = (b["obs"][:, t] @ v)[:, 0]
            logp = tf.gather(tf.nn.log_softmax(b["obs"][:, t] @ w), b["act"][:, t], batch_dims=1)
            total += tf.reduce_sum(-logp * (go - tf.stop_gradient(base)) + 0.5 * tf.square(go - base))
        return total / (m * steps)

    def candidate(b):
        power = tf.constant(_GAMMA ** np.arange(steps), f)
        ret = tf.cumsum(b["rew"] * power, axis=1, reverse=True) / power
        base = tf.einsum("ntd,do->nt", b["obs"], v)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=b["act"], logits=tf.einsum("ntd,da->nta", b["obs"], w)
        )
        gap = ret - base
        return tf.reduce_mean(nll * tf.stop_gradient(gap) + 0.5 * tf.square(gap))

    return {"variables": [w, v], "batch": batch, "reference": reference, "candidate": candidate}
