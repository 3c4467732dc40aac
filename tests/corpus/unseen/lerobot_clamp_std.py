"""SAC actor: the bounds that are meant for log_std are applied to std, so every std above 2 is cut and loses its gradient.

Source (real): https://github.com/huggingface/lerobot/issues/2108 (PyTorch, ported).
Right answer: NOT equivalent. exp(log_std) is clipped to [-5, 2]: the lower bound never acts and the upper one acts at log_std = 0.69.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "std = tf.clip_by_value(tf.exp(log_std), std_min, std_max)",
    "same_forward_value": False,
}

_ALPHA = 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 22, 6, 7, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_enc = tf.Variable(0.5 * arr(d, hid), name="encoder")
    w_mean = tf.Variable(0.6 * arr(hid, acts), name="mean_layer")
    w_std = tf.Variable(1.2 * arr(hid, acts), name="std_layer")
    q_w = tf.constant(0.5 * arr(d + acts, 5))
    q_o = tf.constant(arr(5, 1))
    std_min, std_max = -5.0, 2.0
    batch = {"observations": arr(n, d), "eps": arr(n, acts)}

    def q_value(obs, action):
        return (tf.tanh(tf.concat([obs, action], -1) @ q_w) @ q_o)[:, 0]

    def reference(b):
        h = tf.tanh(b["observations"] @ w_enc)
        mu = h @ w_mean
        ls = tf.clip_by_value(h @ w_std, std_min, std_max)
        u = mu + tf.exp(ls) * b["eps"]
        gauss = -0.5 * b["eps"] ** 2 - ls - 0.5 * np.log(2.0 * np.pi)
        squash = 2.0 * (np.log(2.0) - u - tf.nn.softplus(-2.0 * u))
        logp = tf.reduce_sum(gauss - squash, 1)
        return tf.reduce_mean(_ALPHA * logp - q_value(b["observations"], tf.tanh(u)))

    def candidate(b):
        def policy_forward(observations):
            outputs = tf.tanh(observations @ w_enc)
            means = outputs @ w_mean
            log_std = outputs @ w_std
            std = tf.clip_by_value(tf.exp(log_std), std_min, std_max)
            return means, std

        means, std = policy_forward(b["observations"])
        pre_tanh = means + std * b["eps"]
        actions = tf.tanh(pre_tanh)
        log_probs = -0.5 * tf.square((pre_tanh - means) / std) - tf.math.log(std) - 0.5 * np.log(2.0 * np.pi)
        log_probs -= 2.0 * (np.log(2.0) - pre_tanh - tf.nn.softplus(-2.0 * pre_tanh))
        log_probs = tf.reduce_sum(log_probs, axis=-1)
        min_q_preds = q_value(b["observations"], actions)
        return tf.reduce_mean(_ALPHA * log_probs - min_q_preds)

    return {"variables": [w_enc, w_mean, w_std], "batch": batch, "reference": reference, "candidate": candidate}
