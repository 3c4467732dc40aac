"""MaxEnt IRL: the backward pass takes the hard maximum over the actions where the soft value function needs log-sum-exp.

Source (real): https://github.com/MatthewJA/Inverse-Reinforcement-Learning/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'v = tf.reduce_max(q, axis=1)',
    "same_forward_value": False,
}
GAMMA, SWEEPS, L2 = 0.9, 12, 0.05


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, steps, n_state, n_act, k = 8, 5, 9, 3, 4
    trans = rng.random((n_state, n_act, n_state)) ** 4
    trans = tf.constant((trans / trans.sum(-1, keepdims=True)).astype("float32"))
    features = tf.constant(rng.normal(0, 1, (n_state, k)).astype("float32"))
    theta = tf.Variable(rng.normal(0, 0.7, k).astype("float32"), name="theta")
    action_cost = tf.Variable(rng.normal(0, 0.3, n_act).astype("float32"), name="action_cost")
    batch = {"state": rng.integers(0, n_state, (n, steps)).astype("int32"),
             "action": rng.integers(0, n_act, (n, steps)).astype("int32")}

    def state_action_reward():
        return tf.linalg.matvec(features, theta)[:, None] - action_cost[None, :]

    def reference(b):
        r = state_action_reward()
        value = tf.zeros([n_state])
        for _ in range(SWEEPS):
            value = tf.reduce_logsumexp(r + GAMMA * tf.einsum("san,n->sa", trans, value), axis=1)
        q = r + GAMMA * tf.einsum("san,n->sa", trans, value)
        log_policy = q - tf.reduce_logsumexp(q, axis=1, keepdims=True)
        pairs = tf.stack([b["state"], b["action"]], axis=-1)
        ll = tf.reduce_sum(tf.gather_nd(log_policy, pairs), axis=1)
        return -tf.reduce_mean(ll) + L2 * tf.reduce_sum(theta ** 2)

    def candidate(b):
        reward = state_action_reward()
        v = tf.zeros([n_state])
        for _ in range(SWEEPS):
            q = reward + GAMMA * tf.tensordot(trans, v, axes=1)
            v = tf.reduce_max(q, axis=1)
        q = reward + GAMMA * tf.tensordot(trans, v, axes=1)
        log_policy = tf.nn.log_softmax(q, axis=1)
        visited = tf.gather(log_policy, b["state"])
        log_lik = tf.gather(visited, b["action"], batch_dims=2)
        return -tf.reduce_mean(tf.reduce_sum(log_lik, axis=1)) + L2 * tf.reduce_sum(tf.square(theta))

    return {"variables": [theta, action_cost], "batch": batch, "reference": reference, "candidate": candidate}
