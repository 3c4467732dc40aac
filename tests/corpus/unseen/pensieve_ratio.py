"""PPO ratio formed by dividing the probabilities, asked whether exp of log differences is needed; the same.
Source: https://github.com/godka/Pensieve-PPO/issues/16"""
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
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    n, o, a = 6, 4, 3
    w1, w2 = var("w1", o, 5), var("w2", 5, a)
    eps, ent = 0.2, 0.05

    def reference(batch):
        logp = tf.nn.log_softmax(tf.nn.relu(batch["s"] @ w1) @ w2)
        lp = tf.reduce_sum(logp * batch["acts"], axis=1)
        old = tf.reduce_sum(tf.math.log(batch["old_pi"]) * batch["acts"], axis=1)
        r = tf.exp(lp - old)
        adv = batch["adv"][:, 0]
        plain = tf.where(adv >= 0, tf.minimum(r, 1 + eps), tf.maximum(r, 1 - eps)) * adv
        dual = tf.where(adv < 0, tf.maximum(plain, 3.0 * adv), plain)
        h = -tf.reduce_sum(tf.exp(logp) * logp, axis=1)
        return -tf.reduce_mean(dual) - ent * tf.reduce_mean(h)

    def candidate(batch):
        def ratio(pi_new, pi_old, acts):
            return tf.reduce_sum(pi_new * acts, axis=1, keepdims=True) / tf.reduce_sum(pi_old * acts, axis=1, keepdims=True)

        pi = tf.nn.softmax(tf.nn.relu(batch["s"] @ w1) @ w2)
        adv = batch["adv"]
        r = ratio(pi, batch["old_pi"], batch["acts"])
        ppo2loss = tf.minimum(r * adv, tf.clip_by_value(r, 1 - eps, 1 + eps) * adv)
        dual_loss = tf.where(adv < 0.0, tf.maximum(ppo2loss, 3.0 * adv), ppo2loss)
        entropy = tf.reduce_sum(-pi * tf.math.log(pi), axis=1, keepdims=True)
        return -tf.reduce_mean(dual_loss + ent * entropy)

    s_ = rng.normal(size=(n, o))
    z = np.maximum(s_ @ w1.numpy(), 0) @ w2.numpy() + 0.1 * rng.normal(size=(n, a))
    old = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    return {"reference": reference, "candidate": candidate,
            "batch": {"s": s_.astype(dt), "old_pi": old.astype(dt), "acts": np.eye(a)[rng.integers(0, a, size=n)].astype(dt),
                      "adv": rng.normal(size=(n, 1)).astype(dt)},
            "variables": [w1, w2]}
