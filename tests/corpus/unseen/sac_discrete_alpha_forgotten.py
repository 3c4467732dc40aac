"""Discrete SAC actor: the log-probabilities enter without the temperature alpha.

Source (real): https://github.com/p-christ/Deep-Reinforcement-Learning-Algorithms-with-PyTorch/issues/21
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'inside_term = log_action_probabilities - min_qf_pi',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 10, 5, 4
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"state": f(n, d)}
    A1 = tf.Variable(0.6 * f(d, 8), name="actor1")
    A2 = tf.Variable(0.6 * f(8, k), name="actor2")
    log_alpha = tf.Variable(np.float32(-1.2 + 0.1 * rng.normal()), name="log_alpha")
    Q1, Q2 = tf.constant(f(d, k)), tf.constant(f(d, k))
    target_entropy = 0.98 * np.log(k).astype("float32")

    def policy(state):
        logits = tf.matmul(tf.tanh(tf.matmul(state, A1)), A2)
        probs = tf.nn.softmax(logits)
        z = tf.cast(probs == 0.0, tf.float32) * 1e-8
        return probs, tf.math.log(probs + z)

    def alpha_loss(entropy):
        return tf.reduce_mean(tf.exp(log_alpha) * tf.stop_gradient(entropy - target_entropy))

    def reference(b):
        alpha = tf.stop_gradient(tf.exp(log_alpha))
        p, logp = policy(b["state"])
        entropy = -tf.reduce_sum(p * logp, axis=1)
        q = tf.minimum(tf.matmul(b["state"], Q1), tf.matmul(b["state"], Q2))
        expected_q = tf.linalg.diag_part(tf.matmul(p, q, transpose_b=True))
        return -tf.reduce_mean(expected_q + alpha * entropy) + alpha_loss(entropy)

    def candidate(b):
        action_probabilities, log_action_probabilities = policy(b["state"])
        min_qf_pi = tf.minimum(tf.matmul(b["state"], Q1), tf.matmul(b["state"], Q2))
        inside_term = log_action_probabilities - min_qf_pi
        policy_loss = tf.reduce_mean(tf.reduce_sum(action_probabilities * inside_term, axis=1))
        log_pi = tf.reduce_sum(log_action_probabilities * action_probabilities, axis=1)
        return policy_loss + alpha_loss(-log_pi)

    return {"variables": [A1, A2, log_alpha], "batch": batch, "reference": reference, "candidate": candidate}
