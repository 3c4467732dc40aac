"""PPO: the minimum of ratio and clipped ratio is taken before the multiplication with the advantage.

Source (real): https://github.com/takuseno/ppo/issues/3 (TensorFlow 1).
Right answer: NOT equivalent; for negative advantages the pessimistic bound needs the larger of the two ratios.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "surrogate = tf.minimum(ratio, clipped_ratio) * advantages",
    "same_forward_value": False,
}

EPS, VALUE_FACTOR, ENTROPY_FACTOR = 0.2, 0.5, 0.01


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 28, 5, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_mu = tf.Variable(0.5 * arr(d, acts), name="mu_kernel")
    log_std = tf.Variable(0.2 * arr(acts) - 0.3, name="log_std")
    w_v = tf.Variable(0.5 * arr(d, 1), name="value_kernel")

    obs = arr(n, d)
    std0 = np.exp(log_std.numpy())
    act = obs @ w_mu.numpy() + std0 * arr(n, acts)
    z = (act - obs @ w_mu.numpy()) / std0
    old = (-0.5 * z**2 - log_std.numpy() - 0.5 * np.log(2 * np.pi)).sum(1) + 0.4 * arr(n)
    batch = {"obs": obs, "act": act.astype(f), "old_logp": old.astype(f), "adv": arr(n), "ret": arr(n)}

    def reference(b):
        size = b["obs"].shape[0]
        losses = []
        for i in range(size):
            mu = tf.linalg.matvec(w_mu, b["obs"][i], transpose_a=True)
            logp = -0.5 * tf.square((b["act"][i] - mu) / tf.exp(log_std)) - log_std - 0.5 * np.log(2 * np.pi)
            r = tf.exp(tf.reduce_sum(logp) - b["old_logp"][i])
            a = b["adv"][i]
            gain = tf.minimum(r * a, tf.clip_by_value(r, 1 - EPS, 1 + EPS) * a)
            v = tf.tensordot(b["obs"][i], w_v[:, 0], 1)
            losses.append(VALUE_FACTOR * tf.square(b["ret"][i] - v) - gain)
        entropy = tf.reduce_sum(log_std + 0.5 * np.log(2 * np.pi * np.e))
        return tf.add_n(losses) / size - ENTROPY_FACTOR * entropy

    def candidate(b):
        advantages = tf.reshape(b["adv"], [-1, 1])
        old_log_probs = tf.reshape(b["old_logp"], [-1, 1])
        mean = b["obs"] @ w_mu
        log_probs = tf.reduce_sum(
            -0.5 * tf.square((b["act"] - mean) * tf.exp(-log_std)) - log_std - 0.5 * np.log(2 * np.pi),
            axis=1, keepdims=True)
        value = b["obs"] @ w_v
        value_loss = VALUE_FACTOR * tf.reduce_mean(tf.square(tf.reshape(b["ret"], [-1, 1]) - value))
        ratio = tf.exp(log_probs - old_log_probs)
        clipped_ratio = tf.clip_by_value(ratio, 1.0 - EPS, 1.0 + EPS)
        surrogate = tf.minimum(ratio, clipped_ratio) * advantages
        entropy = tf.reduce_sum(0.5 * np.log(2 * np.pi * np.e) + log_std)
        return value_loss - tf.reduce_mean(surrogate) - ENTROPY_FACTOR * entropy

    return {"variables": [w_mu, log_std, w_v], "batch": batch, "reference": reference, "candidate": candidate}
