"""The post-state values come from the online model, the target model is never asked.

Source (real): https://github.com/tambetm/gym-minecraft/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'qpost = tf.stop_gradient(predict(model, b["post"]))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, k = 16, 6, 10, 4
    f = lambda c, *s: (c * rng.normal(size=s)).astype(np.float32)
    model = [tf.Variable(f(0.4, d, h), name="hidden"), tf.Variable(f(0.4, h, k + 1), name="duel")]
    target_model = [f(0.4, d, h), f(0.4, h, k + 1)]
    batch = {"pre": f(1, n, d), "act": rng.integers(0, k, n).astype(np.int32), "rew": f(1, n), "post": f(1, n, d),
             "terminal": rng.random(n) < 0.25}
    gamma = 0.99

    def predict(net, x):
        y = tf.matmul(tf.tanh(tf.matmul(x, net[0])), net[1])
        value, adv = y[:, :1], y[:, 1:]
        return value + adv - tf.reduce_mean(adv, axis=1, keepdims=True)

    def reference(b):
        qpre = predict(model, b["pre"])
        nxt = tf.reduce_max(predict(target_model, b["post"]), axis=1)
        goal = tf.where(b["terminal"], b["rew"], b["rew"] + gamma * nxt)
        err = tf.gather(qpre, b["act"], batch_dims=1) - goal
        return tf.reduce_sum(tf.square(err)) / (n * k)

    def candidate(b):
        qpre = predict(model, b["pre"])
        qpost = tf.stop_gradient(predict(model, b["post"]))
        best = tf.reduce_max(qpost, axis=1)
        goal = tf.where(b["terminal"], b["rew"], b["rew"] + gamma * best)
        hot = tf.one_hot(b["act"], k)
        full = tf.stop_gradient(qpre) * (1.0 - hot) + goal[:, None] * hot
        return tf.reduce_mean(tf.square(full - qpre))

    return {"variables": model, "batch": batch, "reference": reference, "candidate": candidate}
