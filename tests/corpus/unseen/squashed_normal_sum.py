"""SAC: the squashed normal already sums log_prob over the action dimensions; the agent's sum(-1) then runs over the batch.

Source (real): https://github.com/jakegrigsby/deep_control/pull/13 (PyTorch, ported: "summing over the action dimensions prematurely").
Right answer: NOT equivalent. logp is one number, the sum over the batch; the entropy term weighs n times too much.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_sum(logp_a, axis=-1)",
    "same_forward_value": False,
}

_ALPHA = 0.1


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 20, 5, 7, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d, hid), name="actor_fc1")
    w2 = tf.Variable(0.5 * arr(hid, 2 * acts), name="actor_fc2")
    critics = [tf.constant(0.6 * arr(d + acts, 1)) for _ in range(2)]
    batch = {"state": arr(n, d), "noise": arr(n, acts)}

    def min_q(state, action):
        sa = tf.concat([state, action], axis=1)
        return tf.minimum(tf.tanh(sa @ critics[0]), tf.tanh(sa @ critics[1]))

    def reference(b):
        m = b["state"].shape[0]
        total = 0.0
        for i in range(m):
            out = tf.nn.relu(b["state"][i : i + 1] @ w1) @ w2
            mu, ls = out[0, :acts], tf.tanh(out[0, acts:])
            raw = mu + tf.exp(ls) * b["noise"][i]
            logp = 0.0
            for k in range(acts):
                logp += -0.5 * b["noise"][i, k] ** 2 - ls[k] - 0.5 * np.log(2.0 * np.pi)
                logp -= 2.0 * (np.log(2.0) - raw[k] - tf.nn.softplus(-2.0 * raw[k]))
            total += _ALPHA * logp - min_q(b["state"][i : i + 1], tf.tanh(raw)[None])[0, 0]
        return total / m

    def candidate(b):
        class SimpleSquashedNormal:
            def __init__(self, mean, std):
                self.mean, self.std = mean, std

            def rsample(self, noise):
                self.raw = self.mean + self.std * noise
                return tf.tanh(self.raw)

            def log_prob(self):
                logp_a = -0.5 * tf.square((self.raw - self.mean) / self.std)
                logp_a -= tf.math.log(self.std) + 0.5 * np.log(2.0 * np.pi)
                logp_a -= 2.0 * (np.log(2.0) - self.raw - tf.nn.softplus(-2.0 * self.raw))
                return tf.reduce_sum(logp_a, axis=-1)

        mu, log_std = tf.split(tf.nn.relu(b["state"] @ w1) @ w2, 2, axis=1)
        dist = SimpleSquashedNormal(mu, tf.exp(tf.tanh(log_std)))
        agent_actions = dist.rsample(b["noise"])
        logp_actions = tf.reduce_sum(dist.log_prob(), axis=-1, keepdims=True)
        actor_loss = -tf.reduce_mean(min_q(b["state"], agent_actions) - _ALPHA * logp_actions)
        return actor_loss

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
