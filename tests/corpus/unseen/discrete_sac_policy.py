"""Discrete SAC: the actor loss of p-christ's implementation should be an expectation over the action probabilities
per state. Source: https://github.com/p-christ/Deep-Reinforcement-Learning-Algorithms-with-PyTorch/issues/58"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "policy_loss = tf.reduce_mean(action_probabilities * inside_term)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, obs, acts = 5, 4, 3
    w = tf.Variable(rng.normal(size=(obs, acts)).astype(fx), name="policy")
    log_alpha = tf.Variable(np.array(-0.5, dtype=fx), name="log_alpha")
    target_entropy = 0.98 * np.log(acts)

    def reference(batch):
        logp = tf.nn.log_softmax(batch["states"] @ w)
        p = tf.exp(logp)
        q = tf.minimum(batch["q1"], batch["q2"])
        alpha = tf.stop_gradient(tf.exp(log_alpha))
        total = 0.0
        for i in range(n):
            total += tf.reduce_sum(p[i] * (alpha * logp[i] - q[i]))
        entropy = tf.stop_gradient(-tf.reduce_sum(p * logp, -1))
        return total / n + log_alpha * tf.reduce_mean(entropy - target_entropy)

    def candidate(batch):
        def action_info(states):
            logits = tf.matmul(states, w)
            probs = tf.nn.softmax(logits, axis=-1)
            return probs, tf.nn.log_softmax(logits, axis=-1)

        action_probabilities, log_action_probabilities = action_info(batch["states"])
        min_qf_pi = tf.minimum(batch["q1"], batch["q2"])
        inside_term = tf.stop_gradient(tf.exp(log_alpha)) * log_action_probabilities - min_qf_pi
        policy_loss = tf.reduce_mean(action_probabilities * inside_term)
        log_pi = tf.reduce_sum(log_action_probabilities * action_probabilities, axis=1)
        alpha_loss = -tf.reduce_mean(log_alpha * tf.stop_gradient(log_pi + target_entropy))
        return policy_loss + alpha_loss

    f = lambda *s: rng.normal(size=s).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"states": f(n, obs), "q1": f(n, acts), "q2": f(n, acts)},
            "variables": [w, log_alpha]}
