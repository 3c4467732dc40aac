"""A3C: "+ entropy * entropy_beta" in the policy loss looks as if the entropy was minimised.

Source (real): https://github.com/miyosuda/async_deep_reinforce/issues/49 (TensorFlow; closed by its author: the minus stands before the whole sum).
Right answer: EQUIVALENT; the entropy is inside the negated sum and is maximised.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_BETA = 0.05


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, action_size = 20, 5, 7, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_fc1 = tf.Variable(0.5 * arr(d, hid), name="W_fc1")
    w_fc2 = tf.Variable(0.6 * arr(hid, action_size), name="W_fc2")
    w_fc3 = tf.Variable(0.6 * arr(hid, 1), name="W_fc3")
    one_hot = np.eye(action_size, dtype=f)[rng.integers(0, action_size, n)]
    batch = {"s": arr(n, d), "a": one_hot, "td": arr(n), "r": arr(n)}

    def network(s):
        h = tf.nn.elu(s @ w_fc1)
        return h @ w_fc2, (h @ w_fc3)[:, 0]

    def reference(b):
        """Gradient ascent on log pi * advantage + beta * H, descent on the squared value error, step by step."""
        ascend, value_error = 0.0, 0.0
        logits, v = network(b["s"])
        for t in range(b["r"].shape[0]):
            log_pi = logits[t] - tf.reduce_logsumexp(logits[t])
            entropy = -tf.reduce_sum(tf.exp(log_pi) * log_pi)
            ascend += log_pi[tf.argmax(b["a"][t])] * b["td"][t] + _BETA * entropy
            value_error += tf.square(b["r"][t] - v[t]) / 4
        return value_error - ascend

    def candidate(b):
        class GameACNetwork:
            def __init__(self, s):
                logits, self.v = network(s)
                self.pi = tf.nn.softmax(logits)

            def prepare_loss(self, a, td, r, entropy_beta):
                log_pi = tf.math.log(tf.clip_by_value(self.pi, 1e-20, 1.0))
                entropy = -tf.reduce_sum(self.pi * log_pi, axis=1)
                policy_loss = -tf.reduce_sum(tf.reduce_sum(tf.multiply(log_pi, a), axis=1) * td + entropy * entropy_beta)
                value_loss = 0.5 * tf.nn.l2_loss(r - self.v)
                return policy_loss + value_loss

        return GameACNetwork(b["s"]).prepare_loss(b["a"], b["td"], b["r"], _BETA)

    return {"variables": [w_fc1, w_fc2, w_fc3], "batch": batch, "reference": reference, "candidate": candidate}
