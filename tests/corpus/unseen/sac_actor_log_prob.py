"""Suspected: the SAC actor loss should weight log_prob by prob. With reparametrised samples the plain log_prob is right.
Source: https://github.com/thu-ml/tianshou/issues/489"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
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
    w_mu, w_std = var("w_mu", d, m), var("w_std", d, m, scale=0.3)
    k1, k2 = tf.constant(arr(d + m, 1)), tf.constant(arr(d + m, 1))

    def reference(batch):
        total = 0.0
        for i in range(n):
            mu = tf.linalg.matvec(w_mu, batch["obs"][i], transpose_a=True)
            sigma = tf.exp(tf.linalg.matvec(w_std, batch["obs"][i], transpose_a=True))
            u = mu + sigma * batch["eps"][i]
            logp = -0.5 * tf.reduce_sum(((u - mu) / sigma) ** 2 + 2.0 * tf.math.log(sigma) + np.log(2 * np.pi))
            logp -= tf.reduce_sum(np.log(4.0) - 2.0 * u - 2.0 * tf.nn.softplus(-2.0 * u))
            sa = tf.concat([batch["obs"][i], tf.tanh(u)], 0)[None]
            total += batch["alpha"] * logp - tf.minimum(sa @ k1, sa @ k2)[0, 0]
        return total / n

    def candidate(batch):
        log_std = tf.matmul(batch["obs"], w_std)
        raw = tf.matmul(batch["obs"], w_mu) + tf.exp(log_std) * batch["eps"]
        act = tf.tanh(raw)
        log_prob = -0.5 * tf.square(batch["eps"]) - log_std - 0.5 * np.log(2.0 * np.pi)
        log_prob -= 2.0 * (np.log(2.0) - raw - tf.nn.softplus(-2.0 * raw))
        obs_act = tf.concat([batch["obs"], act], axis=1)
        q1a, q2a = tf.matmul(obs_act, k1), tf.matmul(obs_act, k2)
        actor_loss = batch["alpha"] * tf.reduce_sum(log_prob, axis=1) - tf.reshape(tf.minimum(q1a, q2a), [-1])
        return tf.reduce_mean(actor_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, d), "eps": arr(n, m), "alpha": np.asarray(0.3, f)},
            "variables": [w_mu, w_std]}
