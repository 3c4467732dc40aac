"""Suspected: the natural DQN branch takes the maximum of the target network; that is what natural DQN does.
Source: https://github.com/MorvanZhou/Reinforcement-learning-with-tensorflow/issues/79"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, h, actions, gamma = 6, 4, 5, 3, 0.9
    w1 = tf.Variable((0.6 * rng.normal(size=(d, h))).astype(fx), name="eval_w1")
    w2 = tf.Variable(rng.normal(size=(h, actions)).astype(fx), name="eval_w2")
    t1 = (0.6 * rng.normal(size=(d, h))).astype(fx)
    t2 = rng.normal(size=(h, actions)).astype(fx)

    def net(x, a, b):
        return tf.nn.relu(x @ a + 0.3) @ b

    def reference(batch):
        loss = 0.0
        q = net(batch["s"], w1, w2)
        nxt = net(batch["s_"], t1, t2)
        for i in range(n):
            best = nxt[i, 0]
            for k in range(1, actions):
                best = tf.maximum(best, nxt[i, k])
            gap = batch["r"][i] + gamma * best - q[i, batch["a"][i]]
            loss += gap ** 2
        return loss / (n * actions)

    def candidate(batch):
        q_next = net(batch["s_"], t1, t2)
        q_eval = net(batch["s"], w1, w2)
        rows = tf.range(n, dtype=batch["a"].dtype)
        idx = tf.stack([rows, batch["a"]], axis=1)
        selected_q_next = tf.reduce_max(q_next, axis=1)
        updates = batch["r"] + gamma * selected_q_next
        q_target = tf.tensor_scatter_nd_update(tf.stop_gradient(q_eval), idx, updates)
        return tf.reduce_mean(tf.math.squared_difference(tf.stop_gradient(q_target), q_eval))

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "s": rng.normal(size=(n, d)).astype(fx), "s_": rng.normal(size=(n, d)).astype(fx),
            "a": rng.integers(0, actions, size=n).astype("int32"), "r": rng.normal(size=n).astype(fx),
        },
        "variables": [w1, w2],
    }
