"""Double DQN for 2048: the greedy action of the *current* state is looked up in the target network's values of the next state.

Source (real): https://github.com/YangRui2015/2048_env/issues/1 (PyTorch, ported; labelled as a bug).
Right answer: NOT equivalent; the bootstrap takes the value of an action that is not the best one of the next state.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "q_eval_argmax = tf.argmax(q_eval_total, axis=1)",
    "same_forward_value": False,
}

_GAMMA = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 22, 6, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="eval_hidden")
    w2 = tf.Variable(0.8 * arr(hid, acts), name="eval_out")
    t1, t2 = tf.constant(0.8 * arr(d, hid)), tf.constant(1.2 * arr(hid, acts))
    batch = {
        "state": arr(n, d),
        "action": rng.integers(0, acts, n),
        "reward": arr(n),
        "next_state": arr(n, d),
        "done": (rng.random(n) < 0.2).astype(f),
    }

    def net(x, a, c):
        return tf.tanh(x @ a) @ c

    def reference(b):
        total = 0.0
        m = b["reward"].shape[0]
        for i in range(m):
            s, s2 = b["state"][i : i + 1], b["next_state"][i : i + 1]
            best = tf.argmax(net(s2, w1, w2)[0])
            y = b["reward"][i] + (1.0 - b["done"][i]) * _GAMMA * net(s2, t1, t2)[0, best]
            total += tf.square(net(s, w1, w2)[0, b["action"][i]] - y)
        return total / m

    def candidate(b):
        class Agent:
            def __init__(self):
                self.eval_net = lambda x: net(x, w1, w2)
                self.target_net = lambda x: net(x, t1, t2)

            def pick(self, q, idx):
                rows = tf.range(tf.shape(q)[0], dtype=idx.dtype)
                return tf.gather_nd(q, tf.stack([rows, idx], axis=1))

            def loss(self, state, action, reward, next_state, done):
                q_eval_total = self.eval_net(state)
                q_eval = self.pick(q_eval_total, action)
                q_next = self.target_net(next_state)
                q_eval_argmax = tf.argmax(q_eval_total, axis=1)
                q_max = self.pick(q_next, q_eval_argmax)
                q_target = tf.stop_gradient(reward + (1.0 - done) * _GAMMA * q_max)
                return tf.reduce_mean(tf.square(q_eval - q_target))

        return Agent().loss(b["state"], b["action"], b["reward"], b["next_state"], b["done"])

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
