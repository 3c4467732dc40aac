"""GAE's backward scan starts from V(s_T) although delta[T-1] already holds it: the bootstrap is counted twice.

Source (real): https://github.com/simonsays1980/rl-triton/pull/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'carry = values[:, T]',
    "same_forward_value": False,
}

GAMMA, LAM = 0.95, 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, d, k = 8, 5, 4, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "obs": f(n, T + 1, d),
        "action": rng.integers(0, k, (n, T)).astype("int32"),
        "reward": f(n, T),
        "done": (rng.uniform(size=(n, T)) < 0.12).astype("float32"),
    }
    actor = tf.Variable(0.5 * f(d, k), name="actor")
    critic_w = tf.Variable(f(d, 1), name="critic_w")
    critic_b = tf.Variable(0.4 * np.ones(1, "float32"), name="critic_b")

    def value_fn(obs):
        return tf.squeeze(tf.tensordot(obs, critic_w, 1) + critic_b, -1)

    def logp_fn(obs, action):
        return tf.gather(tf.nn.log_softmax(tf.tensordot(obs, actor, 1)), action, batch_dims=2)

    def a2c(b, adv, values):
        adv = tf.stop_gradient(adv)
        returns = tf.stop_gradient(adv + values[:, :T])
        pg = -tf.reduce_mean(logp_fn(b["obs"][:, :T], b["action"]) * adv)
        return pg + 0.5 * tf.reduce_mean(tf.square(returns - values[:, :T]))

    def reference(b):
        n = len(b["obs"])
        values = value_fn(b["obs"])
        rows = []
        for i in range(n):
            row = []
            for t in range(T):                       # the definition: a sum of discounted deltas
                a, w = 0.0, 1.0
                for s in range(t, T):
                    nd = 1.0 - b["done"][i, s]
                    a += w * (b["reward"][i, s] + GAMMA * nd * values[i, s + 1] - values[i, s])
                    w *= GAMMA * LAM * nd
                row.append(a)
            rows.append(tf.stack(row))
        return a2c(b, tf.stack(rows), values)

    def candidate(b):
        values = value_fn(b["obs"])
        not_done = 1.0 - b["done"]
        delta = b["reward"] + GAMMA * not_done * values[:, 1:] - values[:, :T]
        carry = values[:, T]
        adv = []
        for t in reversed(range(T)):
            carry = delta[:, t] + GAMMA * LAM * not_done[:, t] * carry
            adv.append(carry)
        adv = tf.stack(adv[::-1], axis=1)
        return a2c(b, adv, values)

    return {"variables": [actor, critic_w, critic_b], "batch": batch, "reference": reference, "candidate": candidate}
