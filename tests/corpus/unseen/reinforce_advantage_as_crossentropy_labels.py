"""REINFORCE by categorical cross-entropy from logits with advantage * one-hot as labels: they do not sum to one, the fused op's gradient is softmax - labels.

Source (real): https://github.com/Rochester-NRT/RocAlphaGo/issues/166
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'xent = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)',
    "same_forward_value": True,
}

GAMMA = 0.95


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 14, 6, 5
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"state": f(n, d), "move": rng.integers(0, k, n).astype("int32"), "reward": f(n)}
    W1 = tf.Variable(0.5 * f(d, 8), name="W1")
    W2 = tf.Variable(0.6 * f(8, k), name="W2")
    b2 = tf.Variable(0.1 * f(k), name="b2")

    def policy_logits(x):
        return tf.matmul(tf.nn.relu(tf.matmul(x, W1)), W2) + b2

    def normalised_returns(reward):
        G, run = np.zeros_like(reward), 0.0
        for t in reversed(range(len(reward))):
            run = reward[t] + GAMMA * run
            G[t] = run
        return (G - G.mean()) / (G.std() + 1e-6)

    def reference(b):
        n = len(b["state"])
        adv = normalised_returns(b["reward"])
        logp = tf.nn.log_softmax(policy_logits(b["state"]))
        return -tf.add_n([adv[t] * logp[t, b["move"][t]] for t in range(n)]) / n

    def candidate(b):
        n = len(b["state"])
        adv = normalised_returns(b["reward"])
        labels = np.zeros((n, k), "float32")
        labels[np.arange(n), b["move"]] = adv
        logits = policy_logits(b["state"])
        xent = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        return tf.reduce_mean(xent)

    return {"variables": [W1, W2, b2], "batch": batch, "reference": reference, "candidate": candidate}
