"""PPO with a squashed Gaussian: the old log-probability lacks the tanh correction that the new one has.

Source (real): https://github.com/automl/Mighty/pull/118 (PyTorch; the fix applies the correction at rollout time as well).
Right answer: NOT equivalent; the ratio has a spurious factor 1 / (1 - tanh(z)^2).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'old_log_probs = normal_log_prob(b["z"], b["old_mean"], b["old_log_std"])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, clip = 29, 5, 2, 0.2

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    mean_w = tf.Variable(0.2 * arr(d, acts), name="mean_head")
    std_w = tf.Variable(0.2 * arr(d, acts), name="log_std_head")
    obs, old_log_std = arr(n, d), 0.2 * arr(n, acts) - 1.0
    old_mean = obs @ mean_w.numpy() + 0.1 * arr(n, acts)
    batch = {
        "obs": obs, "old_mean": old_mean, "old_log_std": old_log_std,
        "z": old_mean + np.exp(old_log_std) * arr(n, acts), "adv": arr(n),
    }

    def normal_log_prob(z, mean, log_std):
        return tf.reduce_sum(
            -0.5 * tf.square((z - mean) / tf.exp(log_std)) - log_std - 0.5 * np.log(2.0 * np.pi), axis=-1
        )

    def tanh_correction(z):
        return tf.reduce_sum(tf.math.log(1.0 - tf.square(tf.tanh(z)) + 1e-6), axis=-1)

    def policy(obs):
        return obs @ mean_w, tf.clip_by_value(obs @ std_w - 1.0, -5.0, 2.0)

    def reference(b):
        mu, log_sigma = policy(b["obs"])
        var_new, var_old = tf.exp(2.0 * log_sigma), tf.exp(2.0 * b["old_log_std"])
        log_ratio = tf.reduce_sum(
            0.5 * (b["z"] - b["old_mean"]) ** 2 / var_old
            - 0.5 * (b["z"] - mu) ** 2 / var_new
            + 0.5 * tf.math.log(var_old / var_new),
            axis=1,
        )
        r = tf.exp(log_ratio)
        bound = tf.where(b["adv"] > 0, tf.minimum(r, 1 + clip), tf.maximum(r, 1 - clip))
        return -tf.reduce_mean(bound * b["adv"])

    def candidate(b):
        old_log_probs = normal_log_prob(b["z"], b["old_mean"], b["old_log_std"])
        mean, log_std = policy(b["obs"])
        new_log_probs = normal_log_prob(b["z"], mean, log_std) - tanh_correction(b["z"])
        ratios = tf.exp(new_log_probs - old_log_probs)
        surr1 = ratios * b["adv"]
        surr2 = tf.clip_by_value(ratios, 1 - clip, 1 + clip) * b["adv"]
        return -tf.reduce_mean(tf.minimum(surr1, surr2))

    return {"variables": [mean_w, std_w], "batch": batch, "reference": reference, "candidate": candidate}
