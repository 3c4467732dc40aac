"""PPO clip with an entropy bonus that is added: the term is sum p log p, the negative entropy.

Source (constructed): the bonus looks as if it punished exploration ("loss + coef * ...").
Right answer: EQUIVALENT; the two signs cancel.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_EPS, _COEF = 0.2, 0.3


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 32, 5, 4
    w = tf.Variable((0.7 * rng.standard_normal((d, acts))).astype(f), name="pi_w")
    c = tf.Variable((0.2 * rng.standard_normal(acts)).astype(f), name="pi_b")
    obs, act = rng.standard_normal((n, d)).astype(f), rng.integers(0, acts, n).astype("int32")
    z = obs @ w.numpy() + c.numpy()
    lp0 = (z - np.log(np.exp(z).sum(-1, keepdims=True)))[np.arange(n), act]
    batch = {
        "obs": obs,
        "act": act,
        "old_logp": (lp0 + 0.3 * rng.standard_normal(n)).astype(f),
        "adv": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        m = b["act"].shape[0]
        total = 0.0
        for i in range(m):
            p = tf.nn.softmax((b["obs"][i : i + 1] @ w + c)[0])
            r = p[b["act"][i]] / tf.exp(b["old_logp"][i])
            surr = tf.minimum(r * b["adv"][i], tf.clip_by_value(r, 1 - _EPS, 1 + _EPS) * b["adv"][i])
            entropy = -tf.reduce_sum(p * tf.math.log(p))
            total += surr + _COEF * entropy
        return -total / m

    @tf.function
    def candidate(b):
        logp_all = tf.nn.log_softmax(tf.einsum("nd,da->na", b["obs"], w) + c)
        idx = tf.stack([tf.range(b["act"].shape[0]), b["act"]], axis=1)
        ratio = tf.exp(tf.gather_nd(logp_all, idx) - b["old_logp"])
        bound = tf.where(b["adv"] > 0, (1 + _EPS) * b["adv"], (1 - _EPS) * b["adv"])
        policy = tf.reduce_mean(tf.minimum(ratio * b["adv"], bound))
        spread = tf.reduce_sum(tf.exp(logp_all) * logp_all, axis=-1)
        return _COEF * tf.reduce_mean(spread) - policy

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
