"""RLOO: leave-one-out baseline written as K/(K-1) * (r - mean(r)), the own reward seems to leak into the baseline.

Source (realistic): discussion around RLOO / GRPO without std (Dr. GRPO) in trl and the "Back to Basics" paper.
Right answer: EQUIVALENT; r_i - mean of the other K-1 rewards is exactly K/(K-1) * (r_i - mean of all K).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, k, d, vocab = 13, 5, 4, 6
    w = tf.Variable((0.6 * rng.standard_normal((d, vocab))).astype(f), name="policy")
    c = tf.Variable((0.2 * rng.standard_normal(vocab)).astype(f), name="policy_bias")
    batch = {
        "ctx": rng.standard_normal((n, d)).astype(f),
        "sample": rng.integers(0, vocab, (n, k)),
        "rew": rng.standard_normal((n, k)).astype(f),
    }

    def reference(b):
        m = b["ctx"].shape[0]
        total = 0.0
        for i in range(m):
            lp = tf.nn.log_softmax(b["ctx"][i : i + 1] @ w + c)[0]
            for j in range(k):
                others = [b["rew"][i, o] for o in range(k) if o != j]
                total -= lp[b["sample"][i, j]] * (b["rew"][i, j] - tf.add_n(others) / (k - 1))
        return total / (m * k)

    def candidate(b):
        logp = tf.nn.log_softmax(b["ctx"] @ w + c)
        lp = tf.gather(logp, b["sample"], axis=1, batch_dims=1)
        centred = b["rew"] - tf.reduce_mean(b["rew"], axis=1, keepdims=True)
        return -tf.reduce_sum(lp * centred) / (lp.shape[0] * (k - 1))

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
