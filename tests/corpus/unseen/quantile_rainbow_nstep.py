"""Quantile Rainbow: the batch holds n-step rewards, the bootstrap of the quantile target is still discounted by
one gamma.
Source: https://github.com/qfettes/DeepRL-Tutorials/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "quantiles_next = batch_reward + gamma * not_done * quantiles_next",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, d, acts, nq, nsteps, gamma = 5, 4, 3, 4, 3, 0.9
    w, b = var("w", d, acts * nq), var("b", acts * nq)
    w_t = (0.9 * rng.normal(size=(d, acts * nq))).astype(fx)
    tau = (np.arange(nq) + 0.5) / nq

    def reference(batch):
        disc = gamma ** nsteps
        total = 0.0
        for i in range(n):
            theta = tf.reshape(batch["s"][i][None] @ w + b, (acts, nq))[batch["a"][i]]
            nxt = tf.reshape(batch["s2"][i][None] @ w_t, (acts, nq))
            best = nxt[tf.argmax(tf.reduce_mean(nxt, 1))]
            y = batch["r"][i] + disc * (1.0 - batch["done"][i]) * best
            for j in range(nq):
                u = y - theta[j]
                hub = tf.where(tf.abs(u) < 1.0, 0.5 * u * u, tf.abs(u) - 0.5)
                wt = tf.where(u < 0, 1.0 - tau[j], tau[j])
                total += tf.reduce_mean(tf.cast(wt, hub.dtype) * hub)
        return total / n

    def candidate(batch):
        batch_reward = batch["r"][:, None]
        not_done = 1.0 - batch["done"][:, None]
        quantiles = tf.reshape(tf.matmul(batch["s"], w) + b, (n, acts, nq))
        quantiles = tf.gather(quantiles, batch["a"], axis=1, batch_dims=1)
        target = tf.reshape(tf.matmul(batch["s2"], w_t), (n, acts, nq))
        max_a = tf.argmax(tf.reduce_mean(target, axis=2), axis=1)
        quantiles_next = tf.gather(target, max_a, axis=1, batch_dims=1)
        quantiles_next = batch_reward + gamma * not_done * quantiles_next
        diff = tf.stop_gradient(quantiles_next)[:, None, :] - quantiles[:, :, None]
        huber = tf.where(tf.abs(diff) < 1.0, 0.5 * tf.square(diff), tf.abs(diff) - 0.5)
        taus = tf.constant(tau, diff.dtype)[None, :, None]
        weight = tf.abs(taus - tf.cast(diff < 0.0, diff.dtype))
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(weight * huber, axis=2), axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": rng.normal(size=(n, d)).astype(fx), "s2": (2 * rng.normal(size=(n, d))).astype(fx),
                      "a": rng.integers(0, acts, n).astype("int32"), "r": rng.normal(size=n).astype(fx), "done": np.array([0, 0, 1, 0, 0]).astype(fx)},
            "variables": [w, b]}
