"""Trajectory transformer: rewards (T, 1) times discounts (T,) is a (T, T) table, and all of it is summed into the return to go.

Source (real): https://github.com/Howuhh/faster-trajectory-transformer/issues/9 (numpy, ported; confirmed: "incorrect numpy broadcasting").
Right answer: NOT equivalent; the return to go becomes (sum of rewards) * (sum of discounts).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "values[t] = tf.reduce_sum(rewards[:, t + 1 :] * discounts[: -t - 1], axis=[1, 2])",
    "same_forward_value": False,
}

_DISCOUNT = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d, hid = 17, 6, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_in = tf.Variable(0.5 * arr(d, hid), name="w_in")
    w_value = tf.Variable(0.6 * arr(hid), name="w_value")
    w_reward = tf.Variable(0.6 * arr(hid), name="w_reward")
    batch = {"states": arr(n, steps, d), "rewards": 0.4 + 0.5 * arr(n, steps, 1)}

    def heads(states):
        h = tf.nn.elu(states @ w_in)
        return tf.linalg.matvec(h, w_reward), tf.linalg.matvec(h, w_value)

    def reference(b):
        """Backward recursion: what follows step t is the next reward plus the discounted rest."""
        reward_hat, value_hat = heads(b["states"])
        loss = 0.0
        for i in range(b["rewards"].shape[0]):
            rest = 0.0
            for t in reversed(range(steps)):
                loss += tf.square(value_hat[i, t] - rest)
                loss += tf.square(reward_hat[i, t] - b["rewards"][i, t, 0])
                rest = b["rewards"][i, t, 0] + _DISCOUNT * rest
        return loss / (b["rewards"].shape[0] * steps)

    def candidate(b):
        rewards = b["rewards"]
        discounts = tf.constant(_DISCOUNT ** np.arange(steps), dtype=rewards.dtype)
        values = [tf.zeros_like(rewards[:, 0, 0]) for _ in range(steps)]
        for t in range(steps - 1):
            values[t] = tf.reduce_sum(rewards[:, t + 1 :] * discounts[: -t - 1], axis=[1, 2])
        joined = tf.concat([rewards, tf.stack(values, axis=1)[:, :, None]], axis=-1)
        reward_hat, value_hat = heads(b["states"])
        prediction = tf.stack([reward_hat, value_hat], axis=-1)
        return tf.reduce_mean(tf.reduce_sum(tf.square(prediction - joined), axis=-1))

    return {"variables": [w_in, w_value, w_reward], "batch": batch, "reference": reference, "candidate": candidate}
