"""The n-step replay buffer sums discounted rewards, but the bootstrap value in the target is
discounted as if n were one. Source: https://github.com/younggyoseo/FastTD3/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'q_target = rew + gamma * not_done * tf.squeeze(next_q, -1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, n, s, h, gamma = 6, 3, 4, 5, 0.9
    obs, last_obs = normal(b, s), normal(b, s)
    rewards = normal(b, n)
    dones = np.zeros((b, n), dtype="int32")
    dones[1, 1] = 1
    dones[4, 2] = 1
    wt, ut = normal(s, h), normal(h, 1) + 1
    w1 = var("w1", s, h)
    w2 = var("w2", h, 1)

    def reference(batch):
        total = 0.0
        for i in range(b):
            ret, disc, alive = 0.0, 1.0, 1.0
            for k in range(n):
                ret += alive * disc * batch["rewards"][i, k]
                disc *= gamma
                alive *= 1.0 - tf.cast(batch["dones"][i, k], obs.dtype)
            boot = tf.nn.relu(batch["last_obs"][i][None] @ wt) @ ut
            y = tf.stop_gradient(ret + alive * disc * boot[0, 0])
            q = (tf.nn.relu(batch["obs"][i][None] @ w1) @ w2)[0, 0]
            total += (q - y) ** 2
        return total / b

    def candidate(batch):
        done = tf.cast(batch["dones"], batch["rewards"].dtype)
        mask = tf.math.cumprod(1.0 - done, axis=1, exclusive=True)
        discounts = tf.constant(gamma ** np.arange(n), batch["rewards"].dtype)
        rew = tf.reduce_sum(batch["rewards"] * mask * discounts, axis=1)
        not_done = tf.reduce_prod(1.0 - done, axis=1)
        next_q = tf.matmul(tf.nn.relu(tf.matmul(batch["last_obs"], wt)), ut)
        q_target = rew + gamma * not_done * tf.squeeze(next_q, -1)
        q = tf.squeeze(tf.matmul(tf.nn.relu(tf.matmul(batch["obs"], w1)), w2), -1)
        return tf.reduce_mean(tf.square(q - tf.stop_gradient(q_target)))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs, "last_obs": last_obs, "rewards": rewards, "dones": dones},
            "variables": [w1, w2]}
