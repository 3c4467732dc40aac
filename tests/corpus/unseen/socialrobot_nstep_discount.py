"""n-step TD: the bootstrapped value n steps ahead is discounted by gamma once instead of gamma ** n.

Source (real): https://github.com/HorizonRobotics/SocialRobot/pull/8 (PyTorch, ported; merged: "discounted by discount_factor ** nstep").
Right answer: NOT equivalent; the targets of the Q function are too large in magnitude.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "target = reward + self.discount_factor * not_done * next_value",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, nstep, gamma = 21, 5, 3, 4, 0.8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d, 6), name="w1")
    w2 = tf.Variable(0.5 * arr(6, acts), name="w2")
    frozen1, frozen2 = tf.constant(0.8 * arr(d, 6)), tf.constant(arr(6, acts))
    batch = {
        "obs": arr(n, d),
        "action": rng.integers(0, acts, n),
        "rewards": arr(n, nstep),
        "next_obs": arr(n, d),
        "done": (rng.random(n) > 0.8).astype(f),
    }

    def huber(e):
        a = tf.abs(e)
        return tf.where(a < 1.0, 0.5 * e * e, a - 0.5)

    def reference(b):
        total = 0.0
        for i in range(b["obs"].shape[0]):
            g = tf.reduce_max(tf.tanh(b["next_obs"][i : i + 1] @ frozen1) @ frozen2) * (1.0 - b["done"][i])
            for k in reversed(range(nstep)):
                g = b["rewards"][i, k] + gamma * g
            q = (tf.tanh(b["obs"][i : i + 1] @ w1) @ w2)[0, b["action"][i]]
            total += huber(q - g)
        return total / b["obs"].shape[0]

    def candidate(b):
        class QAgent:
            def __init__(self, discount_factor, nstep):
                self.discount_factor = discount_factor
                self.nstep = nstep

            def nstep_reward(self, rewards):
                powers = self.discount_factor ** np.arange(self.nstep)
                return tf.linalg.matvec(rewards, tf.constant(powers.astype(f)))

            def loss(self, exp):
                reward = self.nstep_reward(exp["rewards"])
                next_value = tf.reduce_max(tf.tanh(exp["next_obs"] @ frozen1) @ frozen2, axis=1)
                not_done = 1.0 - exp["done"]
                target = reward + self.discount_factor * not_done * next_value
                q_values = tf.tanh(exp["obs"] @ w1) @ w2
                q = tf.gather(q_values, exp["action"], axis=1, batch_dims=1)
                return tf.reduce_mean(huber(q - target))

        return QAgent(gamma, nstep).loss(b)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
