"""A reviewer thinks that separate ifs for the KL estimators fall through to k3; each name only matches one of them.
Source: https://github.com/areal-project/AReaL/pull/408"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, length, vocab, dim = 3, 4, 5, 3
    h = rng.normal(size=(n, length, dim)).astype(fx)
    tok = rng.integers(0, vocab, size=(n, length))
    base = rng.normal(size=(dim, vocab)).astype(fx)
    adv = rng.normal(size=(n, 1)).astype(fx)
    mask = np.ones((n, length))
    mask[0, 2:] = 0
    w = tf.Variable((base + 0.5 * rng.normal(size=(dim, vocab))).astype(fx), name="w")

    def logps(batch, kernel):
        return tf.gather(tf.nn.log_softmax(batch["h"] @ kernel), batch["tok"], batch_dims=2)

    def reference(batch):
        cur, ref = logps(batch, w), logps(batch, batch["base"])
        delta = cur - ref
        table = {
            "k1": delta,
            "k2": 0.5 * delta ** 2,
            "k3": tf.math.expm1(-delta) + delta,
        }
        per_token = -batch["adv"] * cur
        for weight, name in ((0.1, "k1"), (0.3, "k2"), (0.2, "k3")):
            per_token += weight * table[name]
        return tf.reduce_sum(per_token * batch["mask"]) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        def compute_approx_kl(log_probs, log_probs_base, kl_estimator):
            if kl_estimator == "k1":
                log_ratio = log_probs - log_probs_base
            if kl_estimator == "k2":
                log_ratio = log_probs - log_probs_base
                log_ratio = log_ratio ** 2 / 2.0
            if kl_estimator == "k3":
                log_ratio = log_probs - log_probs_base
                log_ratio = -log_ratio
                log_ratio = tf.exp(log_ratio) - 1 - log_ratio
            return log_ratio

        log_probs = logps(batch, w)
        log_probs_base = tf.stop_gradient(logps(batch, batch["base"]))
        loss = -batch["adv"] * log_probs
        loss += 0.1 * compute_approx_kl(log_probs, log_probs_base, "k1")
        loss += 0.3 * compute_approx_kl(log_probs, log_probs_base, "k2")
        loss += 0.2 * compute_approx_kl(log_probs, log_probs_base, "k3")
        loss = tf.boolean_mask(loss, batch["mask"] > 0)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"h": h, "tok": tok, "base": base, "adv": adv, "mask": mask.astype(fx)}, "variables": [w]}
