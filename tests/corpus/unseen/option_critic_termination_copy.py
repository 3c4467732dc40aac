"""Option-critic: the termination probabilities go into the rollout storage as a copy, so the termination layer gets no gradient.

Source (real): https://github.com/ikostrikov/pytorch-a2c-ppo-acktr-gail/pull/96 ("one of the tensors was copied and did not stem
from the actual termination layer"; PyTorch, ported).
Right answer: NOT equivalent. The loss value is right, but the gradient of the termination layer is None.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "self.terminations = np.copy(terminations.numpy())",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, n_opt, n_act, delib = 18, 5, 6, 3, 4, 0.01

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    base = tf.Variable(0.6 * arr(d, hid), name="base")
    q_head = tf.Variable(0.7 * arr(hid, n_opt), name="q_omega")
    pi_head = tf.Variable(0.6 * arr(n_opt, hid, n_act), name="intra_option_pi")
    term_head = tf.Variable(0.7 * arr(hid, n_opt), name="termination_layer")
    batch = {
        "obs": arr(n, d),
        "next_obs": arr(n, d),
        "option": rng.integers(0, n_opt, n),
        "action": rng.integers(0, n_act, n),
        "returns": arr(n),
    }

    def pick(x, index):
        return tf.gather(x, index, batch_dims=1)

    def reference(b):
        loss = 0.0
        m = b["obs"].shape[0]
        for i in range(m):
            o = b["option"][i]
            h = tf.tanh(b["obs"][i : i + 1] @ base)
            h_next = tf.tanh(b["next_obs"][i : i + 1] @ base)
            q = (h @ q_head)[0, o]
            adv = tf.stop_gradient(b["returns"][i] - q)
            logp = tf.nn.log_softmax(h @ tf.gather(pi_head, o))[0, b["action"][i]]
            q_next = tf.stop_gradient((h_next @ q_head)[0])
            beta = 1.0 / (1.0 + tf.exp(-(h_next @ term_head)[0, o]))
            loss += -logp * adv + 0.5 * (b["returns"][i] - q) ** 2
            loss += beta * (q_next[o] - tf.reduce_max(q_next) + delib)
        return loss / m

    def candidate(b):
        class RolloutStorage:
            def insert(self, values, action_log_probs, terminations):
                self.values = values
                self.action_log_probs = action_log_probs
                self.terminations = np.copy(terminations.numpy())

        rollouts = RolloutStorage()
        features = tf.tanh(b["obs"] @ base)
        next_features = tf.tanh(b["next_obs"] @ base)
        logits = tf.einsum("nh,nha->na", features, tf.gather(pi_head, b["option"]))
        rollouts.insert(
            pick(features @ q_head, b["option"]),
            pick(tf.nn.log_softmax(logits), b["action"]),
            pick(tf.sigmoid(next_features @ term_head), b["option"]),
        )
        advantages = b["returns"] - rollouts.values
        value_loss = 0.5 * tf.reduce_mean(tf.square(advantages))
        action_loss = -tf.reduce_mean(tf.stop_gradient(advantages) * rollouts.action_log_probs)
        q_next = tf.stop_gradient(next_features @ q_head)
        termination_adv = pick(q_next, b["option"]) - tf.reduce_max(q_next, axis=1) + delib
        termination_loss = tf.reduce_mean(rollouts.terminations * termination_adv)
        return value_loss + action_loss + termination_loss

    return {"variables": [base, q_head, pi_head, term_head], "batch": batch, "reference": reference, "candidate": candidate}
