"""The docs write max(ratio, 1 - eps) * A for a negative advantage and a reader wanted min; both spellings of the PPO clip objective agree.
Source: https://github.com/openai/spinningup/issues/255"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, dims, eps = 18, 6, 3, 0.2
    mu_net = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(dims)])
    log_std = keras.Variable(np.full(dims, -0.5, f), name="log_std", dtype=f)
    batch = {
        "obs": rng.standard_normal((n, obs)).astype(f),
        "act": rng.standard_normal((n, dims)).astype(f),
        "adv": rng.standard_normal(n).astype(f),
    }
    z = (batch["act"] - keras.ops.convert_to_numpy(mu_net(batch["obs"]))) * np.exp(0.5)
    logp0 = -0.5 * (z ** 2 - 1.0 + np.log(2 * np.pi)).sum(1)
    batch["logp_old"] = (logp0 + 0.3 * rng.standard_normal(n)).astype(f)

    def logp_of(o, a):
        z = (a - mu_net(o)) / tf.exp(log_std.value)
        return -0.5 * tf.reduce_sum(z ** 2 + 2 * log_std.value + np.log(2 * np.pi), axis=1)

    def reference(b):
        ratio = tf.exp(logp_of(b["obs"], b["act"]) - b["logp_old"])
        clipped = tf.clip_by_value(ratio, 1 - eps, 1 + eps)
        return -tf.reduce_mean(tf.minimum(ratio * b["adv"], clipped * b["adv"]))

    def candidate(b):
        total = tf.zeros((), f)
        ratio = tf.exp(logp_of(b["obs"], b["act"]) - b["logp_old"])
        positive = b["adv"] >= 0
        gain = tf.boolean_mask(ratio, positive), tf.boolean_mask(b["adv"], positive)
        harm = tf.boolean_mask(ratio, ~positive), tf.boolean_mask(b["adv"], ~positive)
        total += tf.reduce_sum(keras.ops.minimum(gain[0], 1 + eps) * gain[1])
        total += tf.reduce_sum(keras.ops.maximum(harm[0], 1 - eps) * harm[1])
        return -total / n

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": mu_net.trainable_variables + [log_std]}
