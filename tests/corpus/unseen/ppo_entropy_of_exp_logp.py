"""PPO: the "entropy" is mean(exp(logp) * logp) and is added to the loss, which looks like the wrong sign but is not.

Source (real): https://github.com/AI4Finance-Foundation/ElegantRL/issues/74 (PyTorch, ported; reported as a wrong sign, the maintainer shows that it is right).
Right answer: EQUIVALENT. mean(p log p) is already the negative entropy, so adding it to a minimised loss rewards entropy.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_LAMBDA, _CLIP = 0.05, 0.25


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 18, 5, 6, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d, hid), name="net_w")
    w2 = tf.Variable(0.5 * arr(hid, acts), name="avg_w")
    a_logstd = tf.Variable((-0.5 + 0.2 * arr(1, acts)).astype(f), name="a_logstd")
    batch = {
        "state": arr(n, d),
        "action": (0.7 * arr(n, acts)).astype(f),
        "logprob": (-2.0 + 0.3 * arr(n)).astype(f),
        "advantage": arr(n),
    }

    def reference(b):
        mean = tf.nn.relu(b["state"] @ w1) @ w2
        var = tf.exp(2.0 * a_logstd)
        density = tf.reduce_prod(tf.exp(-0.5 * (b["action"] - mean) ** 2 / var) / tf.sqrt(2.0 * np.pi * var), axis=1)
        ratio = density / tf.exp(b["logprob"])
        low, high = 1.0 - _CLIP, 1.0 + _CLIP
        pessimistic = tf.where(
            b["advantage"] > 0, tf.minimum(ratio, high) * b["advantage"], tf.maximum(ratio, low) * b["advantage"]
        )
        entropy = -tf.reduce_mean(density * tf.math.log(density))
        return -(tf.reduce_mean(pessimistic) + _LAMBDA * entropy)

    def candidate(b):
        class ActorPPO:
            sqrt_2pi_log = 0.5 * np.log(2.0 * np.pi)

            def net(self, state):
                return tf.nn.relu(state @ w1) @ w2

            def get_logprob_entropy(self, state, action):
                a_avg = self.net(state)
                a_std = tf.exp(a_logstd)
                delta = ((a_avg - action) / a_std) ** 2 * 0.5
                logprob = -tf.reduce_sum(a_logstd + self.sqrt_2pi_log + delta, axis=1)
                dist_entropy = tf.reduce_mean(tf.exp(logprob) * logprob)
                return logprob, dist_entropy

        new_logprob, obj_entropy = ActorPPO().get_logprob_entropy(b["state"], b["action"])
        ratio = tf.exp(new_logprob - b["logprob"])
        surrogate1 = b["advantage"] * ratio
        surrogate2 = b["advantage"] * tf.clip_by_value(ratio, 1 - _CLIP, 1 + _CLIP)
        obj_surrogate = -tf.reduce_mean(tf.minimum(surrogate1, surrogate2))
        obj_actor = obj_surrogate + obj_entropy * _LAMBDA
        return obj_actor

    return {"variables": [w1, w2, a_logstd], "batch": batch, "reference": reference, "candidate": candidate}
