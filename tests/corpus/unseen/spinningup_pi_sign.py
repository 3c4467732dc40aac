"""Thread: a reader thinks that loss_pi = (alpha*logp - q).mean() has the wrong sign; as a loss to descend it is right.
Source: https://github.com/openai/spinningup/issues/304"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, a, alpha = 6, 4, 2, 0.2
    wm = tf.Variable(rng.normal(size=(s, a)).astype(fx) * 0.5, name="mu_w")
    ws = tf.Variable(rng.normal(size=(s, a)).astype(fx) * 0.3, name="log_std_w")
    q1w, q2w = rng.normal(size=(s + a, 5)).astype(fx), rng.normal(size=(s + a, 5)).astype(fx)

    def reference(batch):
        objective = 0.0
        for i in range(n):
            o, e = batch["obs"][i : i + 1], batch["eps"][i : i + 1]
            ls = tf.clip_by_value(o @ ws, -20.0, 2.0)
            u = o @ wm + tf.exp(ls) * e
            act = tf.tanh(u)
            density = tf.reduce_sum(-ls - 0.5 * e**2 - 0.5 * np.log(2 * np.pi)) - tf.reduce_sum(tf.math.log(1 - act**2))
            oa = tf.concat([o, act], 1)
            q = tf.minimum(tf.reduce_sum(tf.sin(oa @ q1w)), tf.reduce_sum(tf.sin(oa @ q2w)))
            objective += q - alpha * density
        return -objective / n

    def candidate(batch):
        o = batch["obs"]
        mu = tf.matmul(o, wm)
        log_std = tf.clip_by_value(tf.matmul(o, ws), -20.0, 2.0)
        pi_action = mu + tf.exp(log_std) * batch["eps"]
        logp_pi = tf.reduce_sum(-0.5 * ((pi_action - mu) / tf.exp(log_std)) ** 2 - log_std - 0.5 * np.log(2 * np.pi), axis=-1)
        logp_pi -= tf.reduce_sum(2 * (np.log(2) - pi_action - tf.nn.softplus(-2 * pi_action)), axis=1)
        oa = tf.concat([o, tf.tanh(pi_action)], axis=-1)
        q_pi = tf.minimum(tf.reduce_sum(tf.sin(tf.matmul(oa, q1w)), -1), tf.reduce_sum(tf.sin(tf.matmul(oa, q2w)), -1))
        loss_pi = tf.reduce_mean(alpha * logp_pi - q_pi)
        return loss_pi

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s)).astype(fx) * 0.6, "eps": rng.normal(size=(n, a)).astype(fx) * 0.6},
            "variables": [wm, ws]}
