"""TanhNormal.log_prob at an action of exactly 1.0 is -inf, since the pre-tanh value is infinite.
Source: https://github.com/rlworkgroup/garage/pull/2129"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'pre_tanh = 0.5 * (tf.math.log(1.0 + action) - tf.math.log(1.0 - action))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, d, m = 6, 4, 2
    w1, w_mu, w_std = var("w1", d, 6), var("w_mu", 6, m), var("w_std", 6, m, scale=0.2)

    def heads(obs):
        h = tf.tanh(obs @ w1)
        return h @ w_mu, tf.clip_by_value(h @ w_std, -2.0, 1.0)

    def reference(batch):
        eps = batch["epsilon"]
        mu, log_std = heads(batch["obs"])
        a = batch["act"]
        raw = 0.5 * (tf.math.log(1.0 + eps + a) - tf.math.log(1.0 + eps - a))
        gauss = -0.5 * ((raw - mu) / tf.exp(log_std)) ** 2 - log_std - 0.5 * np.log(2 * np.pi)
        logp = tf.reduce_sum(gauss - tf.math.log(1.0 - a ** 2 + eps), -1)
        return -tf.reduce_mean(batch["weight"] * logp)

    def candidate(batch):
        mean, log_std = heads(batch["obs"])
        action, epsilon = batch["act"], batch["epsilon"]
        pre_tanh = 0.5 * (tf.math.log(1.0 + action) - tf.math.log(1.0 - action))
        normed = (pre_tanh - mean) * tf.exp(-log_std)
        log_prob = -0.5 * tf.square(normed) - log_std - 0.5 * np.log(2.0 * np.pi)
        correction = tf.math.log(1.0 - tf.square(action) + epsilon)
        log_prob = tf.reduce_sum(log_prob - correction, axis=-1)
        return tf.reduce_mean(-batch["weight"] * log_prob)

    act = np.tanh(rng.normal(size=(n, m)))
    act[2, 1] = 1.0
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, d), "act": act.astype(f), "weight": rng.uniform(0.5, 1.5, n).astype(f),
                      "epsilon": np.asarray(1e-6, f)},
            "variables": [w1, w_mu, w_std]}
