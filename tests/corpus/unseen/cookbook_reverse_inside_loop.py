"""Policy gradient: discounted_rewards.reverse() is indented into the loop, so the returns end up in a shuffled order.

Source (real): https://github.com/PacktPublishing/Tensorflow-2-Reinforcement-Learning-Cookbook/issues/27 (TensorFlow 2; confirmed).
Right answer: NOT equivalent; the right returns meet the wrong time steps.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "discounted_rewards.reverse()",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts, gamma = 19, 4, 5, 3, 0.95

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    fc1 = tf.Variable(0.7 * arr(d, hid), name="fc1")
    policy = tf.Variable(0.8 * arr(hid, acts), name="policy")
    batch = {"states": arr(n, d), "actions": rng.integers(0, acts, n), "rewards": rng.uniform(-0.5, 1.0, n).astype(f)}

    def reference(b):
        horizon = b["rewards"].shape[0]
        upper = np.triu(gamma ** np.maximum(np.arange(horizon)[None] - np.arange(horizon)[:, None], 0)).astype(f)
        to_go = tf.linalg.matvec(upper, b["rewards"])
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(b["actions"], tf.nn.relu(b["states"] @ fc1) @ policy)
        return tf.tensordot(ce, to_go, 1)

    def candidate(b):
        def loss(action_probabilities, action, reward):
            log_prob = tf.math.log(action_probabilities[0, action])
            return -log_prob * reward

        discounted_rewards = []
        sum_rewards = 0
        rewards = list(b["rewards"])
        rewards.reverse()
        for r in rewards:
            sum_rewards = r + gamma * sum_rewards
            discounted_rewards.append(sum_rewards)
            discounted_rewards.reverse()

        total = 0.0
        for state, reward, action in zip(b["states"], discounted_rewards, b["actions"]):
            probs = tf.nn.softmax(tf.nn.relu(state[None] @ fc1) @ policy)
            total += loss(probs, action, reward)
        return total

    return {"variables": [fc1, policy], "batch": batch, "reference": reference, "candidate": candidate}
