"""GRPO: group rewards standardised with the population std (tf.math.reduce_std) instead of the sample std.

Source (realistic): porting trl's `rewards.view(-1, G).std(dim=1)` (torch divides by G - 1) to TensorFlow.
Right answer: NOT equivalent; with G = 4 all advantages are 15 % too large against the entropy term.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "spread = tf.math.reduce_std(rew, axis=1, keepdims=True)",
    "same_forward_value": False,
}

_ENT = 0.05


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, g, d, vocab = 19, 4, 5, 6
    w = tf.Variable((0.6 * rng.standard_normal((d, vocab))).astype(f), name="pi")
    batch = {
        "prompt": rng.standard_normal((n, d)).astype(f),
        "completion": rng.integers(0, vocab, (n, g)),
        "reward": (2.0 * rng.standard_normal((n, g))).astype(f),
    }

    def reference(b):
        m = b["prompt"].shape[0]
        total = 0.0
        for i in range(m):
            lp = tf.nn.log_softmax(b["prompt"][i : i + 1] @ w)[0]
            r = b["reward"][i]
            mid = tf.reduce_sum(r) / g
            std = tf.sqrt(tf.reduce_sum(tf.square(r - mid)) / (g - 1))
            for j in range(g):
                total -= lp[b["completion"][i, j]] * (r[j] - mid) / (std + 1e-4) / g
            total += _ENT * tf.reduce_sum(tf.exp(lp) * lp)
        return total / m

    def candidate(b):
        rew = b["reward"]
        logp = tf.nn.log_softmax(b["prompt"] @ w)
        spread = tf.math.reduce_std(rew, axis=1, keepdims=True)
        adv = (rew - tf.reduce_mean(rew, axis=1, keepdims=True)) / (spread + 1e-4)
        hot = tf.one_hot(b["completion"], vocab, dtype=logp.dtype)
        chosen = tf.einsum("ngv,nv->ng", hot, logp)
        entropy = -tf.reduce_sum(tf.exp(logp) * logp, axis=-1)
        return -tf.reduce_mean(chosen * adv) - _ENT * tf.reduce_mean(entropy)

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
