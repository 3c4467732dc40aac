"""REINFORCE tutorial: the log-probabilities of the episode are averaged first, then multiplied with every return.

Source (real): https://github.com/Farama-Foundation/Gymnasium/issues/1336 (PyTorch tutorial "Training using REINFORCE for Mujoco",
fixed with pull/1337).
Right answer: NOT equivalent; every action gets the same credit, the sum of the returns over n.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "log_prob_mean = tf.reduce_mean(log_probs)",
    "same_forward_value": False,
}

_GAMMA = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 26, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    shared = tf.Variable(0.7 * arr(d, hid), name="shared_net")
    mean_w = tf.Variable(0.6 * arr(hid, 1), name="means_net")
    std_w = tf.Variable(0.4 * arr(hid, 1), name="stddevs_net")
    batch = {"state": arr(n, d), "action": arr(n), "reward": arr(n)}

    def policy_network(x):
        h = tf.tanh(x @ shared)
        return tf.squeeze(h @ mean_w, -1), tf.math.softplus(tf.squeeze(h @ std_w, -1)) + 0.1

    def reference(b):
        steps = b["reward"].shape[0]
        objective = 0.0
        for k in range(steps):
            g_k = sum(_GAMMA ** (j - k) * b["reward"][j] for j in range(k, steps))
            mu, sigma = policy_network(b["state"][k : k + 1])
            z = (b["action"][k] - mu[0]) / sigma[0]
            objective += g_k * (-0.5 * z * z - tf.math.log(sigma[0]) - 0.5 * np.log(2 * np.pi))
        return -objective

    def candidate(b):
        running_g = 0.0
        gs = []
        for R in tf.unstack(b["reward"])[::-1]:
            running_g = R + _GAMMA * running_g
            gs.insert(0, running_g)
        deltas = tf.stack(gs)
        action_means, action_stddevs = policy_network(b["state"])
        log_probs = (
            -tf.square(b["action"] - action_means) / (2.0 * tf.square(action_stddevs))
            - tf.math.log(action_stddevs)
            - 0.5 * np.log(2.0 * np.pi)
        )
        log_prob_mean = tf.reduce_mean(log_probs)
        return -tf.reduce_sum(log_prob_mean * deltas)

    return {"variables": [shared, mean_w, std_w], "batch": batch, "reference": reference, "candidate": candidate}
