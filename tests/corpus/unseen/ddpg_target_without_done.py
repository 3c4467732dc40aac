"""DDPG critic target bootstraps after terminal states: the done mask is read and not used.
Source: https://github.com/seungeunrho/minimalRL/issues/32"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "target = r + gamma * q_target(s_prime, mu_target(s_prime))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, sdim, gamma = 21, 4, 0.99

    def net(tag, size, act):
        return keras.Sequential([keras.Input((size,)), keras.layers.Dense(8, activation="relu", name=tag + "1"),
                                 keras.layers.Dense(1, activation=act, name=tag + "2")])

    q_net, q_tgt, mu_tgt = net("q", sdim + 1, None), net("qt", sdim + 1, None), net("mt", sdim, "tanh")
    q_tgt.layers[-1].bias.assign([1.5])

    def reference(batch):
        nxt = batch["s_prime"]
        boot = q_tgt(tf.concat([nxt, 2 * mu_tgt(nxt)], 1))
        y = tf.stop_gradient(tf.where(batch["done"], batch["r"], batch["r"] + gamma * boot))
        gap = tf.abs(y - q_net(tf.concat([batch["s"], batch["a"]], 1)))
        huber = tf.where(gap < 1, 0.5 * gap ** 2, gap - 0.5)
        return tf.reduce_sum(huber) / n

    def candidate(batch):
        class MuNet:
            def __call__(self, x):
                return mu_tgt(x) * 2

        class QNet:
            def __init__(self, body):
                self.body = body

            def __call__(self, x, a):
                return self.body(tf.concat([x, a], axis=1))

        def train(mu_target, q, q_target, memory):
            s, a, r, s_prime, done_mask = (memory[k] for k in ("s", "a", "r", "s_prime", "done"))
            target = r + gamma * q_target(s_prime, mu_target(s_prime))
            return keras.losses.Huber(delta=1.0)(tf.stop_gradient(target), q(s, a))

        return train(MuNet(), QNet(q_net), QNet(q_tgt), batch)

    batch = {"s": rng.normal(size=(n, sdim)).astype(f), "a": rng.normal(size=(n, 1)).astype(f),
             "r": rng.normal(size=(n, 1)).astype(f), "s_prime": rng.normal(size=(n, sdim)).astype(f),
             "done": rng.random((n, 1)) < 0.35}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": q_net.trainable_variables}
