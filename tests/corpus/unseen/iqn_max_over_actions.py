"""It is suspected that IQN should take the maximum over the taus; the maximum over the actions is right.
Source: https://github.com/BY571/IQN-and-Extensions/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, a, k, gamma, d = 5, 4, 3, 4, 0.99, 6
    enc = keras.layers.Dense(d, activation="tanh", name="enc")
    cosl = keras.layers.Dense(d, activation="relu", name="cos")
    head = keras.layers.Dense(a, name="head")
    enc.build((None, s))
    cosl.build((None, 8))
    head.build((None, d))

    def z(obs, taus):
        i = tf.range(1, 9, dtype=taus.dtype) * np.pi
        c = cosl(tf.cos(taus[..., None] * i))
        return head(enc(obs)[:, None, :] * c)          # (batch, taus, actions)

    def reference(batch):
        total = 0.0
        z_next = tf.stop_gradient(z(batch["next_obs"], batch["taus_next"]))
        z_now = z(batch["obs"], batch["taus"])
        for b in range(n):
            for i in range(k):
                for j in range(k):
                    best = z_next[b, j, 0]
                    for act in range(1, a):
                        best = tf.maximum(best, z_next[b, j, act])
                    y = batch["reward"][b] + gamma * (1 - batch["done"][b]) * best
                    u = y - z_now[b, i, int(batch["action"][b])]
                    huber = 0.5 * u ** 2 if abs(float(u)) <= 1.0 else abs(u) - 0.5
                    weight = batch["taus"][b, i] if float(u) >= 0 else 1.0 - batch["taus"][b, i]
                    total += weight * huber
        return total / (n * k)

    def candidate(batch):
        q_targets_next = tf.stop_gradient(z(batch["next_obs"], batch["taus_next"]))
        q_targets_next = tf.reduce_max(q_targets_next, axis=2)[:, None, :]
        q_targets = batch["reward"][:, None, None] + gamma * q_targets_next * (1. - batch["done"][:, None, None])
        q_expected = z(batch["obs"], batch["taus"])
        idx = tf.broadcast_to(batch["action"][:, None, None], (n, k, 1))
        q_expected = tf.gather(q_expected, idx, batch_dims=2)
        td_error = q_targets - q_expected
        huber_l = tf.where(tf.abs(td_error) <= 1.0, 0.5 * td_error ** 2, tf.abs(td_error) - 0.5)
        below = tf.cast(td_error < 0, td_error.dtype)
        quantil_l = tf.abs(batch["taus"][:, :, None] - below) * huber_l
        return tf.reduce_mean(tf.reduce_mean(tf.reduce_sum(quantil_l, axis=2), axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s)).astype(fx), "next_obs": rng.normal(size=(n, s)).astype(fx),
                      "taus": rng.uniform(0.05, 0.95, (n, k)).astype(fx),
                      "taus_next": rng.uniform(0.05, 0.95, (n, k)).astype(fx),
                      "action": rng.integers(0, a, n).astype("int32"), "reward": rng.normal(size=n).astype(fx),
                      "done": (np.arange(n) == 1).astype(fx)},
            "variables": enc.trainable_variables + cosl.trainable_variables + head.trainable_variables}
