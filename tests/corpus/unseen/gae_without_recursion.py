"""GAE: the recursion multiplies advantages[t] (still zero) instead of advantages[t+1], so every advantage is a one-step TD error.

Source (real): https://github.com/4kasha/CartPole_PPO/issues/1 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "advantages[t] = advantages[t] * gae_lambda * gamma * (1.0 - dones[:, t]) + td_error",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, steps, d, acts = 14, 6, 4, 3
    wp = tf.Variable(0.5 * arr(d, acts), name="policy")
    wv = tf.Variable(0.6 * arr(d), name="value")
    batch = {
        "obs": arr(n, steps + 1, d),
        "act": rng.integers(0, acts, (n, steps)),
        "rew": arr(n, steps),
        "done": (rng.random((n, steps)) < 0.15).astype(f),
    }
    gamma, gae_lambda = 0.97, 0.9

    def log_prob(b):
        return tf.gather(tf.nn.log_softmax(tf.einsum("btd,da->bta", b["obs"][:, :-1], wp)), b["act"], batch_dims=2)

    def reference(b):
        v = tf.stop_gradient(tf.linalg.matvec(b["obs"], wv))
        alive = 1.0 - b["done"]
        delta = b["rew"] + gamma * v[:, 1:] * alive - v[:, :-1]
        cols = []
        for t in range(steps):
            weight, acc = tf.ones_like(delta[:, 0]), tf.zeros_like(delta[:, 0])
            for k in range(t, steps):
                acc += weight * delta[:, k]
                weight *= gamma * gae_lambda * alive[:, k]
            cols.append(acc)
        a = tf.stack(cols, axis=1)
        pred = tf.linalg.matvec(b["obs"][:, :-1], wv)
        return 0.5 * tf.reduce_mean((pred - (a + v[:, :-1])) ** 2) - tf.reduce_mean(a * log_prob(b))

    def candidate(b):
        values = tf.linalg.matvec(b["obs"], wv)
        fixed, rewards, dones = tf.stop_gradient(values), b["rew"], b["done"]
        advantages = [tf.zeros_like(rewards[:, 0]) for _ in range(steps + 1)]
        for t in reversed(range(steps)):
            td_error = rewards[:, t] + gamma * fixed[:, t + 1] * (1.0 - dones[:, t]) - fixed[:, t]
            advantages[t] = advantages[t] * gae_lambda * gamma * (1.0 - dones[:, t]) + td_error
        adv = tf.stack(advantages[:-1], axis=1)
        returns = adv + fixed[:, :-1]
        policy_loss = -tf.reduce_mean(log_prob(b) * adv)
        value_loss = tf.reduce_mean(tf.square(returns - values[:, :-1]))
        return policy_loss + 0.5 * value_loss

    return {"variables": [wp, wv], "batch": batch, "reference": reference, "candidate": candidate}
