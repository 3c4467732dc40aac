"""NPO with the sampled entropy estimate: policy_neg_log_likeli holds the log-likelihood itself, the minus sign is missing.

Source (real): https://github.com/rlworkgroup/garage/issues/628 (npo.py, TensorFlow 1; fixed in #632).
Right answer: NOT equivalent; the entropy is minimised.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'policy_neg_log_likeli_valid = log_likelihood_sym(b["action"], dist)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts, ent_coeff, clip = 23, 5, 6, 2, 0.3, 0.2

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    hidden = tf.Variable(0.6 * arr(d, hid), name="gmlp_hidden")
    mean_w = tf.Variable(0.5 * arr(hid, acts), name="gmlp_mean")
    log_std = tf.Variable(0.2 * arr(acts), name="gmlp_log_std")
    batch = {
        "obs": arr(n, d), "action": arr(n, acts), "advantage": arr(n), "old_logli": (-2.0 + 0.4 * arr(n)).astype(f),
    }

    def dist_info(obs):
        return {"mean": tf.tanh(obs @ hidden) @ mean_w, "log_std": tf.zeros_like(obs[:, :1]) + log_std}

    def log_likelihood_sym(x, info):
        zs = (x - info["mean"]) / tf.exp(info["log_std"])
        return (
            -tf.reduce_sum(info["log_std"], axis=-1)
            - 0.5 * tf.reduce_sum(tf.square(zs), axis=-1)
            - 0.5 * acts * np.log(2 * np.pi)
        )

    def reference(b):
        mu, sigma = tf.tanh(b["obs"] @ hidden) @ mean_w, tf.exp(log_std)
        nll = tf.reduce_sum(0.5 * ((b["action"] - mu) / sigma) ** 2 + log_std + 0.5 * np.log(2 * np.pi), axis=1)
        r = tf.exp(-nll - b["old_logli"])
        gain = tf.where(
            b["advantage"] > 0, tf.minimum(r, 1 + clip) * b["advantage"], tf.maximum(r, 1 - clip) * b["advantage"]
        )
        return -tf.reduce_mean(gain) - ent_coeff * tf.reduce_mean(nll)

    def candidate(b):
        dist = dist_info(b["obs"])
        lr = tf.exp(log_likelihood_sym(b["action"], dist) - b["old_logli"])
        surrogate = lr * b["advantage"]
        lr_clip = tf.clip_by_value(lr, 1 - clip, 1 + clip)
        obj = tf.minimum(surrogate, lr_clip * b["advantage"])
        policy_neg_log_likeli_valid = log_likelihood_sym(b["action"], dist)
        policy_entropy = policy_neg_log_likeli_valid
        obj += ent_coeff * policy_entropy
        return -tf.reduce_mean(obj)

    return {"variables": [hidden, mean_w, log_std], "batch": batch, "reference": reference, "candidate": candidate}
