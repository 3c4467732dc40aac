"""Double DQN: policy and target net share their weights and the TD target is not detached, so it gets a gradient.

Source (real): https://github.com/datawhalechina/easy-rl/pull/117 (PyTorch, ported).
Right answer: NOT equivalent; the loss has the same value but it is not the semi-gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'expected_value = reward_batch + gamma * next_target_value * (1 - b["done"])',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 26, 4, 7, 3
    gamma = 0.95

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d, hid), name="fc1")
    b1 = tf.Variable(0.1 * arr(hid), name="fc1_bias")
    w2 = tf.Variable(0.5 * arr(hid, acts), name="fc2")
    batch = {"state": arr(n, d), "next_state": arr(n, d), "action": rng.integers(0, acts, n),
             "reward": arr(n), "done": (rng.random(n) < 0.2).astype(f)}

    class MLP:
        def __call__(self, x):
            return tf.nn.relu(x @ w1 + b1) @ w2

    policy_net = target_net = MLP()

    def reference(b):
        q_sa = tf.gather(MLP()(b["state"]), b["action"], axis=1, batch_dims=1)
        q_next = tf.stop_gradient(MLP()(b["next_state"]))
        y = b["reward"] + gamma * (1 - b["done"]) * tf.reduce_max(q_next, axis=1)
        return keras.losses.MeanSquaredError()(y, q_sa)

    def candidate(b):
        reward_batch = b["reward"]
        q_values = policy_net(b["state"])
        next_q_values = policy_net(b["next_state"])
        q_value = tf.gather(q_values, b["action"], axis=1, batch_dims=1)
        next_target_values = target_net(b["next_state"])
        best = tf.argmax(next_q_values, axis=1)
        next_target_value = tf.gather(next_target_values, best, axis=1, batch_dims=1)
        expected_value = reward_batch + gamma * next_target_value * (1 - b["done"])
        return tf.reduce_mean(tf.square(q_value - expected_value))

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
