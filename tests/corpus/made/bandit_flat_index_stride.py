"""Off-policy bandit (inverse propensity): flat index row + action instead of row * n_actions + action.

Origin (realistic): the TF1 idiom gather(reshape(p, [-1]), flat index) with the stride forgotten.
Right answer: NOT equivalent; only the first rows' probabilities are used.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'flat = tf.range(tf.shape(prob)[0]) + b["act"]',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 35, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.7 * arr(d, acts), name="bandit_w")
    c = tf.Variable(0.2 * arr(acts), name="bandit_b")
    batch = {
        "ctx": arr(n, d),
        "act": rng.integers(0, acts, n).astype("int32"),
        "prop": rng.uniform(0.1, 0.6, n).astype(f),
        "rew": (0.5 + rng.standard_normal(n)).astype(f),
    }

    def reference(b):
        m = b["act"].shape[0]
        total = 0.0
        for i in range(m):
            p = tf.nn.softmax(b["ctx"][i : i + 1] @ w + c)[0, b["act"][i]]
            total -= b["rew"][i] * p / b["prop"][i]
        return total / m

    def candidate(b):
        prob = tf.nn.softmax(tf.nn.bias_add(b["ctx"] @ w, c))
        flat = tf.range(tf.shape(prob)[0]) + b["act"]
        chosen = tf.gather(tf.reshape(prob, [-1]), flat)
        ips = chosen / b["prop"]
        return -tf.reduce_mean(b["rew"] * ips)

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
