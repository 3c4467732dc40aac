"""Squashed Gaussian: the pre-squash value is recovered with atanh(clip(action)), which caps it once tanh is saturated.

Source (real): https://github.com/ray-project/ray/pull/65036
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'unsquashed = tf.atanh(tf.clip_by_value(b["action"], -1.0 + 1e-6, 1.0 - 1e-6))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ds, da = 10, 4, 2

    def mat(*s):
        return rng.normal(0, 0.5, s).astype("float32")

    mean_w = tf.Variable(mat(ds, da), name="mean_w")
    mean_b = tf.Variable(np.full(da, 9.0, "float32"), name="mean_b")
    log_std = tf.Variable(mat(da) - 0.3, name="log_std")
    obs = mat(n, ds)
    raw = (obs @ mean_w.numpy() + 9.0 + 0.7 * rng.normal(0, 1, (n, da))).astype("float32")
    batch = {"obs": obs, "raw": raw, "action": np.tanh(raw), "adv": mat(n) + 0.4}

    def log_normal(x, b):
        z = (x - (b["obs"] @ mean_w + mean_b)) / tf.exp(log_std)
        return -0.5 * z ** 2 - log_std - 0.9189385

    def log_jacobian(x):
        return 2.0 * (float(np.log(2.0)) - x - tf.nn.softplus(-2.0 * x))

    def objective(logp, b):
        pg = -tf.reduce_mean(b["adv"] * logp)
        entropy = tf.reduce_sum(log_std + 1.4189385)
        return pg - 0.02 * entropy

    def reference(b):
        logp = tf.reduce_sum(log_normal(b["raw"], b) - log_jacobian(b["raw"]), axis=-1)
        return objective(logp, b)

    def candidate(b):
        unsquashed = tf.atanh(tf.clip_by_value(b["action"], -1.0 + 1e-6, 1.0 - 1e-6))
        log_prob_gaussian = log_normal(unsquashed, b)
        log_prob = tf.reduce_sum(log_prob_gaussian - log_jacobian(unsquashed), axis=-1)
        return objective(log_prob, b)

    return {"variables": [mean_w, mean_b, log_std], "batch": batch, "reference": reference, "candidate": candidate}
