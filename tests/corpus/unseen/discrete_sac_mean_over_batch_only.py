"""Discrete SAC: "the mean is fixed for the Q loss but not for the policy loss"; what is averaged there is the batch, not the actions.

Source (real): https://github.com/toshikwa/sac-discrete.pytorch/issues/7 (PyTorch, sacd.py calc_policy_loss, ported; the "weights" are
the importance weights of the replay, taken for action probabilities by the reporter).
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts, alpha = 23, 5, 7, 4, 0.3

    def arr(*s):
        return (0.6 * rng.standard_normal(s)).astype(f)

    head1, head2 = tf.Variable(arr(d, hid), name="policy_head1"), tf.Variable(arr(hid, acts), name="policy_head2")
    q1, q2 = tf.constant(arr(d, acts)), tf.constant(arr(d, acts))
    batch = {"states": 2 * arr(n, d), "weights": rng.uniform(0.2, 1.0, (n, 1)).astype(f)}

    def reference(b):
        # equation 12: E_s [ pi(s)^T (alpha log pi(s) - Q(s)) ], every state with its replay weight
        objective = []
        for s, w in zip(b["states"], b["weights"]):
            logits = tf.linalg.matvec(head2, tf.nn.relu(tf.linalg.matvec(head1, s, transpose_a=True)), transpose_a=True)
            log_pi = logits - tf.reduce_logsumexp(logits)
            q = tf.minimum(tf.linalg.matvec(q1, s, transpose_a=True), tf.linalg.matvec(q2, s, transpose_a=True))
            objective.append(w[0] * tf.tensordot(tf.exp(log_pi), alpha * log_pi - q, 1))
        return tf.add_n(objective) / len(objective)

    def candidate(b):
        def sample(states):
            action_probs = tf.nn.softmax(tf.nn.relu(states @ head1) @ head2, axis=1)
            z = tf.cast(action_probs == 0.0, action_probs.dtype) * 1e-8
            return action_probs, tf.math.log(action_probs + z)

        states, weights = b["states"], b["weights"]
        action_probs, log_action_probs = sample(states)
        q = tf.minimum(states @ q1, states @ q2)
        entropies = -tf.reduce_sum(action_probs * log_action_probs, axis=1, keepdims=True)
        q = tf.reduce_sum(q * action_probs, axis=1, keepdims=True)
        policy_loss = tf.reduce_mean(weights * (-q - alpha * entropies))
        return policy_loss

    return {"variables": [head1, head2], "batch": batch, "reference": reference, "candidate": candidate}
