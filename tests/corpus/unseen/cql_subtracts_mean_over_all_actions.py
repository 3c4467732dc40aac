"""CQL-DQN: the penalty subtracts the mean of Q over all actions instead of Q at the dataset action.

Source (real): https://github.com/BY571/CQL/issues/5
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'cql_loss = tf.reduce_mean(tf.reduce_logsumexp(q_a_s, axis=1)) - tf.reduce_mean(q_a_s)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k, gamma, alpha = 14, 5, 4, 0.99, 1.0
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "states": f(n, d), "next_states": f(n, d), "rewards": f(n, 1),
        "actions": rng.integers(0, k, (n, 1)).astype("int32"),
        "dones": (rng.uniform(size=(n, 1)) < 0.1).astype("float32"),
    }
    l1 = tf.keras.layers.Dense(10, activation="relu")
    l2 = tf.keras.layers.Dense(k)
    l1.build((None, d)), l2.build((None, 10))
    for l in (l1, l2):
        l.set_weights([0.5 * rng.normal(size=w.shape) for w in l.get_weights()])
    tw = [tf.constant(w + 0.1 * f(*w.shape)) for l in (l1, l2) for w in l.get_weights()]
    target_net = lambda x: tf.matmul(tf.nn.relu(tf.matmul(x, tw[0]) + tw[1]), tw[2]) + tw[3]

    def q_targets(b):
        q = tf.reduce_max(target_net(b["next_states"]), axis=1, keepdims=True)
        return b["rewards"] + gamma * q * (1.0 - b["dones"])

    def reference(b):
        n = len(b["states"])
        y = q_targets(b)
        bellman, gap = 0.0, 0.0
        for i in range(n):
            q = l2(l1(b["states"][i:i + 1]))[0]
            qa = q[b["actions"][i, 0]]
            bellman += tf.square(qa - y[i, 0]) / n
            gap += (tf.reduce_logsumexp(q) - qa) / n
        return alpha * gap + 0.5 * bellman

    def candidate(b):
        q_a_s = l2(l1(b["states"]))
        q_expected = tf.gather(q_a_s, b["actions"], batch_dims=1)
        cql_loss = tf.reduce_mean(tf.reduce_logsumexp(q_a_s, axis=1)) - tf.reduce_mean(q_a_s)
        bellman_error = tf.reduce_mean(tf.square(q_expected - q_targets(b)))
        return alpha * cql_loss + 0.5 * bellman_error

    variables = [v.value for l in (l1, l2) for v in l.trainable_variables]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
