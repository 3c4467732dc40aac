"""QR-DQN target: the maximum over actions is taken quantile by quantile, mixing quantiles of different actions.

Source (real): https://github.com/Stable-Baselines-Team/stable-baselines3-contrib/issues/17
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'next_quantiles = tf.reduce_max(next_quantiles, axis=2)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k, N, gamma = 10, 3, 4, 6, 0.99
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "observations": f(n, d), "next_observations": f(n, d),
        "actions": rng.integers(0, k, (n, 1)).astype("int32"),
        "rewards": f(n, 1), "dones": (rng.uniform(size=(n, 1)) < 0.25).astype("float32"),
    }
    W = tf.Variable(0.7 * f(d, N * k), name="W")
    bias = tf.Variable(0.1 * f(N * k), name="bias")
    W_target, b_target = tf.constant(0.9 * f(d, N * k)), tf.constant(0.5 * f(N * k))
    cum_prob = tf.constant((np.arange(N) + 0.5) / N, tf.float32)[None, :, None]

    def quantile_net(x, w, c):
        return tf.reshape(tf.matmul(x, w) + c, (-1, N, k))        # batch x quantiles x actions

    def quantile_huber(current, target):
        delta = target[:, None, :] - current[:, :, None]
        a = tf.abs(delta)
        h = tf.where(a > 1.0, a - 0.5, 0.5 * tf.square(delta))
        w = tf.abs(cum_prob - tf.cast(delta < 0.0, tf.float32))
        return tf.reduce_mean(tf.reduce_sum(w * h, axis=1))

    def current_quantiles(b):
        q = tf.transpose(quantile_net(b["observations"], W, bias), (0, 2, 1))
        return tf.gather(q, b["actions"][:, 0], batch_dims=1)

    def reference(b):
        n = len(b["observations"])
        nq = quantile_net(b["next_observations"], W_target, b_target)
        rows = []
        for i in range(n):
            a = int(tf.argmax(tf.reduce_mean(nq[i], axis=0)))
            rows.append(b["rewards"][i, 0] + gamma * (1 - b["dones"][i, 0]) * nq[i, :, a])
        return quantile_huber(current_quantiles(b), tf.stack(rows))

    def candidate(b):
        next_quantiles = quantile_net(b["next_observations"], W_target, b_target)
        next_quantiles = tf.reduce_max(next_quantiles, axis=2)
        target = b["rewards"] + gamma * (1.0 - b["dones"]) * next_quantiles
        return quantile_huber(current_quantiles(b), tf.stop_gradient(target))

    return {"variables": [W, bias], "batch": batch, "reference": reference, "candidate": candidate}
