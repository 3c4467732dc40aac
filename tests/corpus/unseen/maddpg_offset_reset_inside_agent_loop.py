"""The running offset into the joint action is reset inside the agent loop, so every actor writes into the first agent's slice.

Source (real): https://github.com/agakshat/maddpg/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "done_dims = 0",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a, agents = 10, 4, 2, 3
    total = a * agents
    f = lambda c, *s: (c * rng.normal(size=s)).astype(np.float32)
    actors = [tf.Variable(f(0.5, d, a), name=f"actor_{i}") for i in range(agents)]
    critics = [(f(0.5, agents * d + total, 8), f(0.5, 8, 1)) for _ in range(agents)]
    batch = {"obs": f(1, n, agents, d), "act": rng.uniform(-1, 1, (n, total)).astype(np.float32)}

    def critic(i, obs, joint):
        x = tf.concat([tf.reshape(obs, (-1, agents * d)), joint], axis=1)
        return tf.matmul(tf.tanh(tf.matmul(x, critics[i][0])), critics[i][1])

    def policy(i, b):
        return tf.tanh(tf.matmul(b["obs"][:, i], actors[i]))

    def reference(b):
        loss = 0.0
        for i in range(agents):
            parts = [b["act"][:, a * j: a * (j + 1)] for j in range(agents)]
            mine = policy(i, b)
            parts[i] = mine
            q = critic(i, b["obs"], tf.concat(parts, axis=1))
            loss += -tf.reduce_mean(q) + 1e-3 * tf.reduce_mean(tf.square(mine))
        return loss

    def candidate(b):
        losses = []
        for i in range(agents):
            done_dims = 0
            mine = policy(i, b)
            before, after = b["act"][:, :done_dims], b["act"][:, done_dims + a:]
            joint = tf.concat([before, mine, after], axis=1)
            q = critic(i, b["obs"], joint)
            losses.append(-tf.reduce_mean(q) + 1e-3 * tf.reduce_mean(tf.square(mine)))
            done_dims += a
        return tf.add_n(losses)

    return {"variables": actors, "batch": batch, "reference": reference, "candidate": candidate}
