"""A3C: a term called entropy_loss is added to the loss; it holds the negative entropy.

Source (real): https://github.com/greydanus/baby-a3c/issues/5 ("the term decreases the entropy"; answer: it does not),
https://github.com/YutaroOgawa/Deep-Reinforcement-Learning-Book/issues/11. PyTorch, ported.
Right answer: EQUIVALENT to subtracting beta * entropy: two minus signs meet.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_BETA = 0.05


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 20, 5, 4
    w = tf.Variable((0.8 * rng.standard_normal((d, acts))).astype(f), name="pi_w")
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "act": rng.integers(0, acts, n),
        "adv": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        m = b["act"].shape[0]
        total = 0.0
        for i in range(m):
            p = tf.nn.softmax(b["obs"][i : i + 1] @ w)[0]
            entropy = -tf.reduce_sum(p * tf.math.log(p))
            total += -tf.math.log(p[b["act"][i]]) * b["adv"][i] - _BETA * entropy
        return total / m

    def candidate(b):
        logps = tf.nn.log_softmax(b["obs"] @ w)
        entropy_loss = -tf.reduce_sum(-logps * tf.exp(logps), axis=1)
        policy_loss = -tf.gather(logps, b["act"], batch_dims=1) * b["adv"]
        return tf.reduce_mean(policy_loss) + _BETA * tf.reduce_mean(entropy_loss)

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
