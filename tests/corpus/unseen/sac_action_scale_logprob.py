"""SAC actor: log(action_scale * (1 - y^2)) is subtracted from log_prob; reported as wrong, as log_prob "should not depend on it".

Source (real): https://github.com/vwxyzjn/cleanrl/issues/524 (PyTorch, ported; the thread finds the scale is right).
Right answer: EQUIVALENT in the gradient; the scale only adds a constant to the log probability.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 25, 5, 3
    alpha, action_scale, action_bias = 0.3, 2.0, 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    fc_mean = tf.Variable(0.3 * arr(d, acts), name="fc_mean")
    fc_logstd = tf.Variable(0.2 * arr(d, acts), name="fc_logstd")
    qf_state, qf_act = 0.5 * arr(d, 6), 0.5 * arr(acts, 6)
    qf_out = arr(6, 1)
    batch = {"obs": arr(n, d), "noise": 0.6 * arr(n, acts)}

    def reference(b):
        total = 0.0
        m = b["obs"].shape[0]
        for i in range(m):
            o = b["obs"][i:i + 1]
            log_std = tf.clip_by_value(o @ fc_logstd, -5.0, 2.0)
            u = o @ fc_mean + tf.exp(log_std) * b["noise"][i]
            logp = tf.reduce_sum(-0.5 * b["noise"][i] ** 2 - log_std - 0.5 * np.log(2 * np.pi))
            logp -= tf.reduce_sum(2.0 * (np.log(2.0) - u - tf.nn.softplus(-2.0 * u)))
            a = tf.tanh(u) * action_scale + action_bias
            q = tf.tanh(o @ qf_state + a @ qf_act) @ qf_out
            total += alpha * logp - q[0, 0]
        return total / m

    def candidate(b):
        def get_action(x):
            mean, log_std = x @ fc_mean, tf.clip_by_value(x @ fc_logstd, -5.0, 2.0)
            std = tf.exp(log_std)
            x_t = mean + std * b["noise"]
            y_t = tf.tanh(x_t)
            action = y_t * action_scale + action_bias
            log_prob = -((x_t - mean) ** 2) / (2 * std ** 2) - tf.math.log(std) - np.log(np.sqrt(2 * np.pi))
            log_prob -= tf.math.log(action_scale * (1 - tf.pow(y_t, 2)))
            return action, tf.reduce_sum(log_prob, axis=1, keepdims=True)

        pi, log_pi = get_action(b["obs"])
        qf_pi = tf.matmul(tf.tanh(b["obs"] @ qf_state + pi @ qf_act), qf_out)
        return tf.reduce_mean((alpha * log_pi) - qf_pi)

    return {"variables": [fc_mean, fc_logstd], "batch": batch, "reference": reference, "candidate": candidate}
