"""PPO: the minimum is taken of the surrogates (ratio times advantage), also where the advantage is negative.

Source (real): https://github.com/tensorlayer/TensorLayer/issues/1072 (TensorFlow 2; the maintainer: as in OpenAI baselines)
Right answer: EQUIVALENT (as long as no ratio lies on the border).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, acts = 23, 5, 3
    w = tf.Variable(0.6 * arr(d, acts), name="mean_w")
    log_std = tf.Variable(-0.3 + 0.2 * arr(acts), name="log_std")
    batch = {"state": arr(n, d), "action": arr(n, acts), "adv": arr(n), "jitter": 0.4 * arr(n)}
    epsilon = 0.2

    def log_prob(b):
        z = (b["action"] - b["state"] @ w) * tf.exp(-log_std)
        return tf.reduce_sum(-0.5 * z**2 - log_std, axis=1)

    w0, ls0 = w.numpy(), log_std.numpy()
    z0 = (batch["action"] - batch["state"] @ w0) * np.exp(-ls0)
    batch["old_logp"] = (-0.5 * z0**2 - ls0).sum(1) + batch.pop("jitter")

    def reference(b):
        logp, total = log_prob(b), 0.0
        for i in range(b["adv"].shape[0]):
            r, a = tf.exp(logp[i] - b["old_logp"][i]), b["adv"][i]
            if a >= 0:
                total += a * tf.minimum(r, 1.0 + epsilon)
            else:
                total += a * tf.maximum(r, 1.0 - epsilon)
        return -total / b["adv"].shape[0]

    def candidate(b):
        ratio = tf.exp(log_prob(b) - b["old_logp"])
        surr = ratio * b["adv"]
        clipped = tf.clip_by_value(ratio, 1.0 - epsilon, 1.0 + epsilon) * b["adv"]
        return -tf.reduce_mean(tf.minimum(surr, clipped))

    return {"variables": [w, log_std], "batch": batch, "reference": reference, "candidate": candidate}
