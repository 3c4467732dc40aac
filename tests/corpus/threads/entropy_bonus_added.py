"""Batch A2C: the entropy itself, not its negative, is added to the total loss.

Source (real): https://github.com/google-deepmind/open_spiel/issues/962 (TensorFlow BatchA2CLoss; "this is indeed a
bug"), https://github.com/MrSyee/pg-is-all-you-need/issues/37.
Right answer: NOT equivalent; the policy is rewarded for becoming deterministic.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "total_loss = tf.add(policy_loss, entropy_loss)",
    "same_forward_value": False,
}

_ENTROPY_COST = 0.3


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 25, 6, 4
    policy = keras.layers.Dense(acts, name="policy", dtype=f)
    policy.build((None, d))
    policy.set_weights([(0.7 * rng.standard_normal(p.shape)).astype(f) for p in policy.get_weights()])
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "act": rng.integers(0, acts, n),
        "adv": rng.standard_normal(n).astype(f),
    }

    def entropy(logits):
        return -tf.reduce_sum(tf.nn.softmax(logits) * tf.nn.log_softmax(logits), axis=-1)

    def reference(b):
        m = b["act"].shape[0]
        total = 0.0
        for i in range(m):
            z = policy(b["obs"][i : i + 1])
            total -= tf.nn.log_softmax(z)[0, b["act"][i]] * b["adv"][i] + _ENTROPY_COST * entropy(z)[0]
        return total / m

    def candidate(b):
        logits = policy(b["obs"])
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["act"], logits=logits)
        policy_loss = tf.reduce_mean(nll * b["adv"])
        entropy_loss = _ENTROPY_COST * tf.reduce_mean(entropy(logits))
        total_loss = tf.add(policy_loss, entropy_loss)
        return total_loss

    return {
        "variables": policy.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
