"""QR-DQN: the one-dimensional quantile levels broadcast against the target's quantiles instead of the prediction's own.

Source (real): https://github.com/BY571/QR-DQN/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'asym = tf.abs(taus - tf.cast(td < 0.0, tf.float32))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, obs, n_act, nq, gamma, kappa = 10, 4, 3, 8, 0.95, 1.0
    w1 = tf.Variable(rng.normal(0, 0.5, (obs, 12)), name="w1", dtype=tf.float32)
    w2 = tf.Variable(rng.normal(0, 0.7, (12, n_act * nq)), name="w2", dtype=tf.float32)
    t1, t2 = tf.constant(w1.numpy() * 0.9), tf.constant(w2.numpy() * 1.2)
    taus = tf.constant((np.arange(nq) + 0.5) / nq, tf.float32)
    batch = {"s": rng.normal(size=(n, obs)).astype(np.float32), "s2": rng.normal(size=(n, obs)).astype(np.float32),
             "a": rng.integers(0, n_act, n).astype(np.int32), "r": rng.normal(size=n).astype(np.float32),
             "d": (rng.random(n) < 0.15).astype(np.float32)}

    def quantiles(x, a1, a2):
        return tf.reshape(tf.tanh(x @ a1) @ a2, [-1, n_act, nq])

    def target_quantiles(b):
        nxt = quantiles(b["s2"], t1, t2)
        best = tf.argmax(tf.reduce_mean(nxt, -1), -1)
        z = tf.gather(nxt, best, batch_dims=1)
        return tf.stop_gradient(b["r"][:, None] + gamma * (1.0 - b["d"])[:, None] * z)

    def huber(u):
        a = tf.abs(u)
        return tf.where(a <= kappa, 0.5 * u * u, kappa * (a - 0.5 * kappa))

    def reference(b):
        cur = tf.gather(quantiles(b["s"], w1, w2), b["a"], batch_dims=1)
        y = target_quantiles(b)
        loss = 0.0
        for i in range(nq):
            td_i = y - cur[:, i:i + 1]
            weight = tf.abs(taus[i] - tf.cast(td_i < 0.0, tf.float32))
            loss += tf.reduce_mean(tf.reduce_mean(weight * huber(td_i) / kappa, axis=1))
        return loss

    def candidate(b):
        cur = tf.gather(quantiles(b["s"], w1, w2), b["a"], batch_dims=1)
        td = target_quantiles(b)[:, None, :] - cur[:, :, None]
        asym = tf.abs(taus - tf.cast(td < 0.0, tf.float32))
        quantile_loss = asym * huber(td) / kappa
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(quantile_loss, axis=2), axis=1))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
