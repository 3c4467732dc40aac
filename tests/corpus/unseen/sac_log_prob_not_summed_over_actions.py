"""log_prob stays (n, action_dim) instead of being summed, so the critic target has a column for each action dimension.

Source (real): https://github.com/thu-ml/tianshou/issues/40
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "log_prob = per_dim - tf.math.log(scale * (1.0 - tf.square(y)) + 1e-6)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a, scale, alpha = 12, 4, 3, 1.5, 0.5
    f = lambda c, *s: (c * rng.normal(size=s)).astype(np.float32)
    q1 = [tf.Variable(f(0.5, d + a, 8), name="q1_in"), tf.Variable(f(0.5, 8, 1), name="q1_out")]
    q2 = [tf.Variable(f(0.5, d + a, 8), name="q2_in"), tf.Variable(f(0.5, 8, 1), name="q2_out")]
    t1, t2 = [f(0.5, d + a, 8), f(0.5, 8, 1)], [f(0.5, d + a, 8), f(0.5, 8, 1)]
    wmu, wls = f(0.4, d, a), f(0.2, d, a)
    batch = {"obs": f(1, n, d), "act": rng.uniform(-1, 1, (n, a)).astype(np.float32), "obs2": f(1, n, d),
             "rew": f(1, n, 1), "done": (rng.random((n, 1)) < 0.2).astype(np.float32), "eps": f(1, n, a)}

    def critic(p, o, act):
        return tf.matmul(tf.nn.relu(tf.matmul(tf.concat([o, act], 1), p[0])), p[1])

    def gauss(b):
        mu, ls = tf.matmul(b["obs2"], wmu), tf.matmul(b["obs2"], wls)
        return mu + tf.exp(ls) * b["eps"], -0.5 * tf.square(b["eps"]) - ls - 0.5 * np.log(2 * np.pi)

    def critic_loss(b, target):
        target = tf.stop_gradient(target)
        l1 = tf.reduce_mean(tf.square(critic(q1, b["obs"], b["act"]) - target))
        return l1 + tf.reduce_mean(tf.square(critic(q2, b["obs"], b["act"]) - target))

    def reference(b):
        x, per_dim = gauss(b)
        y = tf.tanh(x)
        logp = tf.reduce_sum(per_dim - tf.math.log(scale * (1.0 - tf.square(y)) + 1e-6), axis=1, keepdims=True)
        nxt = tf.minimum(critic(t1, b["obs2"], scale * y), critic(t2, b["obs2"], scale * y)) - alpha * logp
        return critic_loss(b, b["rew"] + 0.99 * (1.0 - b["done"]) * nxt)

    def candidate(b):
        x, per_dim = gauss(b)
        y = tf.tanh(x)
        log_prob = per_dim - tf.math.log(scale * (1.0 - tf.square(y)) + 1e-6)
        act = scale * y
        q_min = tf.minimum(critic(t1, b["obs2"], act), critic(t2, b["obs2"], act))
        target_q = q_min - alpha * log_prob
        target = b["rew"] + 0.99 * (1.0 - b["done"]) * target_q
        return critic_loss(b, target)

    return {"variables": q1 + q2, "batch": batch, "reference": reference, "candidate": candidate}
