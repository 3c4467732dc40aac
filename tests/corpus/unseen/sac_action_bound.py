"""Asks what the subtraction of log(scale * (1 - tanh(u)^2)) in the Gaussian policy is for; it is the right Jacobian term.
Source: https://github.com/pranz24/pytorch-soft-actor-critic/issues/14"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, dim, act = 6, 4, 2
    alpha, action_scale = 0.3, 2.0
    s = rng.normal(size=(n, dim)).astype(fx)
    eps = np.clip(rng.normal(size=(n, act)), -1.2, 1.2).astype(fx)
    w_mu = tf.Variable((0.3 * rng.normal(size=(dim, act))).astype(fx), name="w_mu")
    w_ls = tf.Variable((0.2 * rng.normal(size=(dim, act))).astype(fx), name="w_log_std")
    q1 = keras.Sequential([keras.layers.Input((dim + act,)), keras.layers.Dense(5, "tanh", name="q1h"),
                           keras.layers.Dense(1, name="q1o")])
    q2 = keras.Sequential([keras.layers.Input((dim + act,)), keras.layers.Dense(5, "tanh", name="q2h"),
                           keras.layers.Dense(1, name="q2o")])

    def reference(batch):
        mu, log_std = batch["s"] @ w_mu, tf.clip_by_value(batch["s"] @ w_ls - 0.5, -20.0, 2.0)
        u = mu + tf.exp(log_std) * batch["eps"]
        base = -0.5 * batch["eps"] ** 2 - log_std - 0.5 * np.log(2.0 * np.pi)
        jac = 2.0 * (np.log(2.0) - u - tf.math.softplus(-2.0 * u)) + np.log(action_scale)
        logp = tf.reduce_sum(base - jac, axis=1)
        sa = tf.concat([batch["s"], action_scale * tf.tanh(u)], axis=1)
        q = tf.minimum(q1(sa), q2(sa))[:, 0]
        return tf.reduce_mean(alpha * logp - q)

    def candidate(batch):
        def sample(state):
            mean = tf.matmul(state, w_mu)
            log_std = tf.clip_by_value(tf.matmul(state, w_ls) - 0.5, -20.0, 2.0)
            std = tf.exp(log_std)
            x_t = mean + std * batch["eps"]
            y_t = tf.tanh(x_t)
            action = y_t * action_scale
            log_prob = -tf.square(x_t - mean) / (2.0 * tf.square(std)) - log_std - np.log(np.sqrt(2.0 * np.pi))
            log_prob -= tf.math.log(action_scale * (1 - tf.square(y_t)))
            log_prob = tf.reduce_sum(log_prob, axis=1, keepdims=True)
            return action, log_prob

        pi, log_pi = sample(batch["s"])
        qf1_pi = q1(tf.concat([batch["s"], pi], axis=1))
        qf2_pi = q2(tf.concat([batch["s"], pi], axis=1))
        min_qf_pi = tf.minimum(qf1_pi, qf2_pi)
        return tf.reduce_mean((alpha * log_pi) - min_qf_pi)

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": s, "eps": eps}, "variables": [w_mu, w_ls]}
