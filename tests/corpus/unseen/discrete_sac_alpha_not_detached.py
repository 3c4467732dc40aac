"""Discrete SAC: the temperature is not detached in the actor loss, so the actor loss also moves log_alpha.

Source (real): https://github.com/Felhof/DiscreteSAC/issues/4 (PyTorch, ported; reported as gradient stacking on alpha).
Right answer: NOT equivalent when both losses are summed: the entropy term pushes the temperature as well. The forward value is the same.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "inside_term = alpha * log_action_probabilities - tf.minimum(q_values_local, q_values_local2)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 25, 6, 8, 4
    target_entropy = 0.98 * float(np.log(acts))

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    a1 = tf.Variable(0.5 * arr(d, hid), name="actor_fc1")
    a2 = tf.Variable(0.6 * arr(hid, acts), name="actor_fc2")
    log_alpha = tf.Variable(np.asarray(-0.4, f), name="log_alpha")
    critics = [tf.constant(arr(d, acts)) for _ in range(2)]
    batch = {"states": arr(n, d)}

    def actor(states):
        return tf.nn.softmax(tf.nn.relu(states @ a1) @ a2)

    def reference(b):
        m = b["states"].shape[0]
        temperature = tf.stop_gradient(tf.exp(log_alpha))
        actor_loss, alpha_loss = 0.0, 0.0
        for row in b["states"]:
            p = actor(row[None])[0]
            logp = tf.math.log(p)
            for k in range(acts):
                q = tf.minimum(*[tf.tensordot(row, c[:, k], 1) for c in critics])
                actor_loss += p[k] * (temperature * logp[k] - q)
            entropy = -tf.reduce_sum(tf.stop_gradient(p * logp))
            alpha_loss += tf.exp(log_alpha) * (entropy - target_entropy)
        return (actor_loss + alpha_loss) / m

    def candidate(b):
        states_tensor = b["states"]
        alpha = tf.exp(log_alpha)
        action_probabilities = actor(states_tensor)
        log_action_probabilities = tf.math.log(action_probabilities)
        q_values_local = states_tensor @ critics[0]
        q_values_local2 = states_tensor @ critics[1]
        inside_term = alpha * log_action_probabilities - tf.minimum(q_values_local, q_values_local2)
        policy_loss = tf.reduce_mean(tf.reduce_sum(action_probabilities * inside_term, axis=1))
        log_pi = tf.reduce_sum(log_action_probabilities * action_probabilities, axis=1)
        alpha_loss = -tf.reduce_mean(alpha * tf.stop_gradient(log_pi + target_entropy))
        return policy_loss + alpha_loss

    return {"variables": [a1, a2, log_alpha], "batch": batch, "reference": reference, "candidate": candidate}
