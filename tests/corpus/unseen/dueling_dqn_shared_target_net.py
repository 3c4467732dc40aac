"""Agent gets one model object and uses it both as policy net and as target net, so the bootstrap uses the online weights.
Source: https://github.com/datawhalechina/easy-rl/issues/140"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'self.target_net = model',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    body, val, adv = var("body", 5, 7), var("value", 7, 1), var("advantage", 7, 3)
    frozen = [data(5, 7), data(7, 1), data(7, 3)]

    class DuelingNet:
        def __init__(self, b, v, a):
            self.b, self.v, self.a = b, v, a

        def __call__(self, x):
            h = tf.nn.relu(x @ self.b)
            a = h @ self.a
            return h @ self.v + a - tf.reduce_mean(a, 1, keepdims=True)

    def reference(batch, gamma=0.95):
        q = tf.gather(DuelingNet(body, val, adv)(batch["s"]), batch["a"], axis=1, batch_dims=1)
        nxt = tf.stop_gradient(tf.reduce_max(DuelingNet(*frozen)(batch["s2"]), 1))
        return tf.reduce_mean((q - batch["r"] - gamma * (1 - batch["done"]) * nxt) ** 2)

    def candidate(batch):
        class Agent:
            def __init__(self, model, saved=None, gamma=0.95):
                self.gamma = gamma
                self.policy_net = model
                self.target_net = model

            def update(self, s, a, r, s2, done):
                picked = tf.reduce_sum(self.policy_net(s) * tf.one_hot(a, 3, dtype=s.dtype), 1)
                best = tf.reduce_max(tf.stop_gradient(self.target_net(s2)), 1)
                expected = r + self.gamma * best * (1.0 - done)
                return tf.reduce_mean(tf.math.squared_difference(picked, expected))

        agent = Agent(DuelingNet(body, val, adv), saved=DuelingNet(*frozen))
        return agent.update(*[batch[k] for k in ("s", "a", "r", "s2", "done")])

    return {"reference": reference, "candidate": candidate, "variables": [body, val, adv],
            "batch": {"s": data(13, 5), "a": rng.integers(0, 3, 13), "r": data(13), "s2": data(13, 5),
                      "done": (rng.random(13) < 0.2).astype(f)}}
