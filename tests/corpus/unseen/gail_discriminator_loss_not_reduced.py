"""GAIL discriminator: the loss handed to the optimiser is the vector of per-sample losses, without the mean.

Source (real): https://github.com/HumanCompatibleAI/imitation/pull/27
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "loss_shape",
    "line_marker": 'return disc_loss - ENT_COEF * logit_entropy',
    "same_forward_value": False,
}

ENT_COEF = 0.01


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 16, 4, 2
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "obs": f(n, d), "act": f(n, a), "next_obs": f(n, d),
        "label": (np.arange(n) >= n // 2).astype("float32"),       # 1: generator
    }
    W1 = tf.Variable(0.5 * f(2 * d + a, 8), name="W1")
    b1 = tf.Variable(0.1 * f(8), name="b1")
    W2 = tf.Variable(0.6 * f(8, 1), name="W2")

    def logits_fn(b):
        x = tf.concat([b["obs"], b["act"], b["next_obs"]], axis=1)
        return tf.squeeze(tf.matmul(tf.nn.relu(tf.matmul(x, W1) + b1), W2), 1)

    def bernoulli_entropy(logits):
        return (1.0 - tf.sigmoid(logits)) * logits + tf.nn.softplus(-logits)

    def reference(b):
        n = len(b["obs"])
        logits = logits_fn(b)
        p = tf.sigmoid(logits)
        total = 0.0
        for i in range(n):
            total -= tf.math.log(p[i]) if b["label"][i] else tf.math.log(1.0 - p[i])
            total -= ENT_COEF * bernoulli_entropy(logits[i])
        return total / n

    def candidate(b):
        logits = logits_fn(b)
        disc_loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["label"], logits=logits)
        logit_entropy = bernoulli_entropy(logits)
        return disc_loss - ENT_COEF * logit_entropy

    return {"variables": [W1, b1, W2], "batch": batch, "reference": reference, "candidate": candidate}
