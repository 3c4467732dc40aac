"""REINFORCE moved from one sample to a batch: tf.gather(log_probs, actions) now picks rows.

Source (real): https://github.com/dennybritz/reinforcement-learning/issues/153 (TensorFlow; tf.gather(action_probs,
action) on the squeezed output of a single sample).
Right answer: NOT equivalent; without batch_dims=1 the action number is used as a sample number.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'picked = tf.gather(log_probs, b["act"])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 30, 4, 5
    w = tf.Variable((0.8 * rng.standard_normal((d, acts))).astype(f), name="policy_w")
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "act": rng.integers(0, acts, n),
        "ret": rng.standard_normal((n, 1)).astype(f),
    }

    def reference(b):
        m = b["act"].shape[0]
        total = 0.0
        for i in range(m):
            action_probs = tf.squeeze(tf.nn.softmax(b["obs"][i : i + 1] @ w))
            total -= tf.math.log(tf.gather(action_probs, b["act"][i])) * b["ret"][i, 0]
        return total / m

    def candidate(b):
        log_probs = tf.nn.log_softmax(b["obs"] @ w)
        picked = tf.gather(log_probs, b["act"])
        return -tf.reduce_mean(picked * b["ret"])

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
