"""The conservative term subtracts the mean Q over all actions instead of the Q of the logged action.

Source (real): https://github.com/BY571/CQL/issues/5
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "data_term = tf.reduce_mean(q_a_s)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 18, 6, 5
    body = tf.Variable((0.5 * rng.normal(size=(d, 12))).astype(np.float32), name="body")
    head = tf.Variable((0.5 * rng.normal(size=(12, k))).astype(np.float32), name="head")
    tb, th = (0.5 * rng.normal(size=(d, 12))).astype(np.float32), (0.5 * rng.normal(size=(12, k))).astype(np.float32)
    batch = {"states": rng.normal(size=(n, d)).astype(np.float32), "actions": rng.integers(0, k, (n, 1)).astype(np.int32),
             "rewards": rng.normal(size=(n, 1)).astype(np.float32),
             "next_states": rng.normal(size=(n, d)).astype(np.float32),
             "dones": (rng.random((n, 1)) < 0.2).astype(np.float32)}

    def net(x, a, c):
        return tf.matmul(tf.nn.leaky_relu(tf.matmul(x, a)), c)

    def bellman(b, q_expected):
        q_next = tf.reduce_max(net(b["next_states"], tb, th), axis=1, keepdims=True)
        q_targets = tf.stop_gradient(b["rewards"] + 0.99 * q_next * (1.0 - b["dones"]))
        return tf.reduce_mean(tf.square(q_expected - q_targets))

    def reference(b):
        q_a_s = net(b["states"], body, head)
        q_expected = tf.gather(q_a_s, b["actions"], batch_dims=1)
        cql = tf.reduce_mean(tf.reduce_logsumexp(q_a_s, axis=1)) - tf.reduce_mean(q_expected)
        return cql + 0.5 * bellman(b, q_expected)

    def candidate(b):
        q_a_s = net(b["states"], body, head)
        q_expected = tf.gather(q_a_s, b["actions"], batch_dims=1)
        bellman_error = bellman(b, q_expected)
        pushed_down = tf.reduce_mean(tf.reduce_logsumexp(q_a_s, axis=1))
        data_term = tf.reduce_mean(q_a_s)
        cql1_loss = pushed_down - data_term
        q1_loss = cql1_loss + 0.5 * bellman_error
        return q1_loss

    return {"variables": [body, head], "batch": batch, "reference": reference, "candidate": candidate}
