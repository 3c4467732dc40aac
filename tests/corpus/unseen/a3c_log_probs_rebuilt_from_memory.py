"""A3C worker: the log-probabilities kept in the memory are rebuilt as a new constant, the policy term loses its gradient.

Source (real): https://github.com/Quantum-Cheese/DeepReinforcementLearning_Pytorch/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'log_probs = tf.constant(np.array([m[1] for m in memory]), tf.float32)',
    "same_forward_value": True,
}

GAMMA, BETA = 0.9, 0.05


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    T, d, k = 10, 4, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"obs": f(T, d), "action": rng.integers(0, k, T).astype("int32"), "reward": f(T)}
    shared = tf.Variable(0.6 * f(d, 8), name="shared")
    policy = tf.Variable(0.6 * f(8, k), name="policy")
    value = tf.Variable(0.6 * f(8, 1), name="value")
    bootstrap = np.float32(0.4)

    def model(x):
        h = tf.tanh(tf.matmul(x, shared))
        return tf.nn.log_softmax(tf.matmul(h, policy)), tf.matmul(h, value)[:, 0]

    def discounted(rewards):
        out, R = [], bootstrap
        for r in rewards[::-1]:
            R = r + GAMMA * R
            out.append(R)
        return np.array(out[::-1], dtype="float32")

    def reference(b):
        logp_all, v = model(b["obs"])
        R = discounted(b["reward"])
        logp = tf.reduce_sum(tf.one_hot(b["action"], k) * logp_all, axis=1)
        adv = R - tf.stop_gradient(v)
        entropy = -tf.reduce_sum(tf.exp(logp_all) * logp_all, axis=1)
        return tf.reduce_mean(-logp * adv - BETA * entropy + 0.5 * tf.square(R - v))

    def candidate(b):
        T = len(b["obs"])
        memory = []
        for t in range(T):                                   # the worker's roll-out
            logp_all, v = model(b["obs"][t:t + 1])
            entropy = -tf.reduce_sum(tf.exp(logp_all) * logp_all)
            memory.append((b["reward"][t], logp_all[0, b["action"][t]], v[0], entropy))
        returns = discounted(np.array([m[0] for m in memory]))
        log_probs = tf.constant(np.array([m[1] for m in memory]), tf.float32)
        values = tf.stack([m[2] for m in memory])
        entropies = tf.stack([m[3] for m in memory])
        advantage = returns - values
        policy_loss = tf.reduce_mean(-log_probs * tf.stop_gradient(advantage))
        value_loss = 0.5 * tf.reduce_mean(tf.square(advantage))
        return policy_loss + value_loss - BETA * tf.reduce_mean(entropies)

    return {"variables": [shared, policy, value], "batch": batch, "reference": reference, "candidate": candidate}
