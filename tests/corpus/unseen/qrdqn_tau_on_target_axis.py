"""The one-dimensional tau is broadcast along the target quantiles instead of the predicted ones.

Source (real): https://github.com/BY571/QR-DQN/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "weight = tf.abs(tau - below)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k, q = 12, 4, 3, 8
    f = lambda *s: (0.5 * rng.normal(size=s)).astype(np.float32)
    w = tf.Variable(f(d, k * q), name="quantile_w")
    c = tf.Variable(f(k * q), name="quantile_b")
    wt, ct = f(d, k * q), f(k * q)
    tau = tf.constant((np.arange(q) + 0.5) / q, tf.float32)
    batch = {"s": rng.normal(size=(n, d)).astype(np.float32), "a": rng.integers(0, k, n).astype(np.int32),
             "r": rng.normal(size=n).astype(np.float32), "s2": rng.normal(size=(n, d)).astype(np.float32),
             "done": (rng.random(n) < 0.2).astype(np.float32)}

    def td_errors(b):
        nxt = tf.reshape(tf.matmul(b["s2"], wt) + ct, (-1, k, q))
        best = tf.argmax(tf.reduce_mean(nxt, axis=2), axis=1)
        nxt_q = tf.gather(nxt, best, batch_dims=1)
        target = b["r"][:, None] + 0.99 * (1.0 - b["done"])[:, None] * nxt_q
        cur = tf.gather(tf.reshape(tf.matmul(b["s"], w) + c, (-1, k, q)), b["a"], batch_dims=1)
        return tf.stop_gradient(target)[:, None, :] - cur[:, :, None]   # (n, predicted, target)

    def huber(u):
        a = tf.abs(u)
        return tf.where(a <= 1.0, 0.5 * tf.square(u), a - 0.5)

    def reference(b):
        td = td_errors(b)
        below = tf.cast(tf.stop_gradient(td) < 0.0, tf.float32)
        weight = tf.abs(tau[None, :, None] - below)
        rho = weight * huber(td)
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(rho, axis=2), axis=1))

    def candidate(b):
        td = td_errors(b)
        h = huber(td)
        below = tf.cast(tf.stop_gradient(td) < 0.0, tf.float32)
        weight = tf.abs(tau - below)
        rho = weight * h
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(rho, axis=2), axis=1))

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
