"""Right: with the ratio exp(logp - stop_gradient(logp)) == 1 the clipped and the unclipped branch have the same gradient.

Source (real): https://github.com/xiaomi-research/time-r1/issues/20
"""
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, v, d = 8, 6, 7, 5
    w = tf.Variable((0.6 * rng.normal(size=(d, v))).astype(np.float32), name="lm_head")
    c = tf.Variable((0.1 * rng.normal(size=v)).astype(np.float32), name="lm_bias")
    batch = {"h": rng.normal(size=(n, t, d)).astype(np.float32), "ids": rng.integers(0, v, (n, t)).astype(np.int32),
             "ref": (-2 + 0.3 * rng.normal(size=(n, t))).astype(np.float32), "adv": rng.normal(size=n).astype(np.float32),
             "mask": (np.arange(t)[None] < rng.integers(2, t + 1, n)[:, None]).astype(np.float32)}
    beta, eps_low, eps_high = 0.04, 0.2, 0.28

    def logps_kl(b):
        logps = tf.gather(tf.nn.log_softmax(tf.matmul(b["h"], w) + c), b["ids"], batch_dims=2)
        diff = b["ref"] - logps
        return logps, tf.exp(diff) - diff - 1.0

    def masked(b, per_token):
        rows = tf.reduce_sum(per_token * b["mask"], axis=1) / tf.reduce_sum(b["mask"], axis=1)
        return tf.reduce_mean(rows)

    def reference(b):
        logps, kl = logps_kl(b)
        coef_1 = tf.exp(logps - tf.stop_gradient(logps))
        coef_2 = tf.clip_by_value(coef_1, 1 - eps_low, 1 + eps_high)
        adv = b["adv"][:, None]
        per_token = -tf.minimum(coef_1 * adv, coef_2 * adv)
        return masked(b, per_token + beta * kl)

    def candidate(b):
        logps, kl = logps_kl(b)
        gain = tf.exp(logps - tf.stop_gradient(logps)) * tf.expand_dims(b["adv"], 1)
        per_token = -(gain - beta * kl)
        return masked(b, per_token)

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
