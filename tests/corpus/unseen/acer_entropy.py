"""ACER: truncated importance sampling policy loss with bias correction and an entropy term for exploration.
Source: https://github.com/Kaixhin/ACER/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'sign',
    "line_marker": 'policy_loss -= beta * tf.reduce_mean(tf.reduce_sum(pi * log_pi, axis=1))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    t_max, n, s, a = 4, 3, 5, 3
    wp = tf.Variable(rng.normal(0, 0.7, (s, a)).astype(fx), name="policy")
    wq = tf.Variable(rng.normal(0, 0.7, (s, a)).astype(fx), name="q_head")
    c, beta = 2.0, 0.3
    behaviour = rng.dirichlet(np.ones(a) * 3, size=(t_max, n))

    def reference(batch):
        pi = tf.nn.softmax(batch["obs"] @ wp)
        q = batch["obs"] @ wq
        v = tf.stop_gradient(tf.reduce_sum(pi * q, -1))
        rho = tf.stop_gradient(pi / batch["mu"])
        chosen = tf.one_hot(batch["action"], a, dtype=pi.dtype)
        pick = lambda z: tf.reduce_sum(z * chosen, -1)
        trunc = tf.minimum(pick(rho), c) * (batch["qret"] - v) * pick(tf.math.log(pi))
        corr = tf.nn.relu(1 - c / rho) * tf.stop_gradient(pi) * tf.math.log(pi) * tf.stop_gradient(q - v[..., None])
        entropy = -tf.reduce_sum(pi * tf.math.log(pi), -1)
        gain = trunc + tf.reduce_sum(corr, -1) + beta * entropy
        value = 0.5 * tf.square(batch["qret"] - pick(q))
        return tf.reduce_mean(tf.reduce_sum(value - gain, axis=0))

    def candidate(batch):
        policy_loss, value_loss = 0.0, 0.0
        for t in reversed(range(t_max)):
            obs, act, mu, qret = (batch[k][t] for k in ("obs", "action", "mu", "qret"))
            log_pi = tf.nn.log_softmax(obs @ wp)
            pi, q = tf.exp(log_pi), obs @ wq
            v = tf.stop_gradient(tf.reduce_sum(pi * q, axis=1))
            rho = tf.stop_gradient(pi / mu)
            rho_a = tf.gather(rho, act, batch_dims=1)
            logp_a = tf.gather(log_pi, act, batch_dims=1)
            policy_loss -= tf.reduce_mean(tf.minimum(rho_a, c) * logp_a * (qret - v))
            bias_weight = tf.nn.relu(1.0 - c / rho) * tf.stop_gradient(pi)
            bias = tf.reduce_sum(bias_weight * log_pi * tf.stop_gradient(q - v[:, None]), axis=1)
            policy_loss -= tf.reduce_mean(bias)
            policy_loss -= beta * tf.reduce_mean(tf.reduce_sum(pi * log_pi, axis=1))
            q_a = tf.gather(q, act, batch_dims=1)
            value_loss += tf.reduce_mean(0.5 * (qret - q_a) ** 2)
        return policy_loss + value_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(t_max, n, s)).astype(fx),
                      "action": rng.integers(0, a, size=(t_max, n)).astype("int32"),
                      "mu": behaviour.astype(fx), "qret": rng.normal(size=(t_max, n)).astype(fx)},
            "variables": [wp, wq]}
