"""Discrete SAC: the policy loss already weighs by the action probabilities, but is averaged over the actions instead of summed.
Source: https://github.com/p-christ/Deep-Reinforcement-Learning-Algorithms-with-PyTorch/pull/60"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": 'policy_loss = tf.reduce_mean(action_probabilities * inside_term)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts = 14, 6, 5
    actor = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(9, activation="relu"), keras.layers.Dense(acts)])
    log_alpha = keras.Variable(np.array(-0.7, f), name="log_alpha", dtype=f)
    target_entropy = 0.98 * np.log(acts)
    batch = {
        "state": rng.standard_normal((n, obs)).astype(f),
        "q1": rng.standard_normal((n, acts)).astype(f),
        "q2": rng.standard_normal((n, acts)).astype(f),
    }

    def reference(b):
        logits = actor(b["state"])
        total = 0.0
        p, logp = tf.nn.softmax(logits), tf.nn.log_softmax(logits)
        alpha = tf.stop_gradient(tf.exp(log_alpha.value))
        q = tf.minimum(b["q1"], b["q2"])
        for k in range(acts):
            total += tf.reduce_mean(p[:, k] * (alpha * logp[:, k] - q[:, k]))
        entropy = tf.stop_gradient(-tf.reduce_sum(p * logp, axis=1))
        return total + tf.reduce_mean(log_alpha.value * (entropy - target_entropy))

    def candidate(b):
        def produce_action_info(state):
            probs = keras.ops.softmax(actor(state), axis=-1)
            return probs, keras.ops.log(probs)

        def calculate_actor_loss(state):
            action_probabilities, log_action_probabilities = produce_action_info(state)
            min_qf_pi = keras.ops.minimum(b["q1"], b["q2"])
            alpha = tf.stop_gradient(keras.ops.exp(log_alpha))
            inside_term = alpha * log_action_probabilities - min_qf_pi
            policy_loss = tf.reduce_mean(action_probabilities * inside_term)
            expected_log = tf.reduce_sum(log_action_probabilities * action_probabilities, axis=1)
            return policy_loss, expected_log

        def calculate_entropy_tuning_loss(log_pi):
            return -tf.reduce_mean(log_alpha.value * tf.stop_gradient(log_pi + target_entropy))

        policy_loss, log_pi = calculate_actor_loss(b["state"])
        return policy_loss + calculate_entropy_tuning_loss(log_pi)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": actor.trainable_variables + [log_alpha]}
