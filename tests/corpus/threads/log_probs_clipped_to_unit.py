"""Policy gradient: log(probs) is clipped to [1e-8, 1], the range meant for the probabilities.

Source (real): https://github.com/tensorflow/tensorboard/pull/5059 ("tf.clip_by_value should be applied on probs rather
than tf.math.log(probs)").
Right answer: NOT equivalent; every log-probability is negative, so all sit on the lower bound and the gradient is zero.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "log_probs = tf.clip_by_value(tf.math.log(probs), 1e-8, 1.0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 20, 4, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.7 * arr(d, hid), name="w1")
    w2 = tf.Variable(0.7 * arr(hid, acts), name="w2")
    batch = {"obs": arr(n, d), "act": np.eye(acts)[rng.integers(0, acts, n)].astype(f), "ret": arr(n)}

    def policy(obs):
        return tf.nn.softmax(tf.tanh(obs @ w1) @ w2)

    def reference(b):
        log_probs = tf.math.log(tf.clip_by_value(policy(b["obs"]), 1e-8, 1.0))
        return -tf.reduce_mean(tf.reduce_sum(b["act"] * log_probs, axis=1) * b["ret"])

    def candidate(b):
        probs = policy(b["obs"])
        log_probs = tf.clip_by_value(tf.math.log(probs), 1e-8, 1.0)
        return -tf.reduce_mean(tf.reduce_sum(b["act"] * log_probs, axis=1) * b["ret"])

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
