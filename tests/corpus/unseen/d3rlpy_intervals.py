"""DDPG target: gamma is raised to batch.intervals, which holds the terminal flags, so gamma is 1 nearly everywhere.
Source: https://github.com/takuseno/d3rlpy/issues/346"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "intervals = mini_batch[\"terminals\"]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, k, gamma = 7, 4, 2, 0.8
    c1 = tf.Variable(rng.standard_normal((d + k, 8)) * 0.5, dtype=fx, name="c1")
    c2 = tf.Variable(rng.standard_normal((8, 1)) * 0.7, dtype=fx, name="c2")
    tc1 = tf.constant(rng.standard_normal((d + k, 8)) * 0.7, dtype=fx)
    tc2 = tf.constant(1.0 + rng.standard_normal((8, 1)) * 0.5, dtype=fx)
    actor = tf.constant(rng.standard_normal((d, k)) * 0.5, dtype=fx)

    def critic(s, a, w1, w2):
        return tf.nn.relu(tf.concat([s, a], axis=-1) @ w1) @ w2

    def reference(batch):
        boot = critic(batch["s2"], tf.tanh(batch["s2"] @ actor), tc1, tc2)[:, 0]
        y = batch["r"] + tf.pow(tf.constant(gamma, boot.dtype), batch["n_step"]) * boot * (1.0 - batch["done"])
        q = critic(batch["s"], batch["a"], c1, c2)[:, 0]
        return 0.5 * tf.reduce_mean((q - y) ** 2)

    def candidate(batch):
        mini_batch = {"observations": batch["s"], "actions": batch["a"], "rewards": batch["r"][:, None],
                      "next_observations": batch["s2"], "terminals": batch["done"][:, None],
                      "intervals": batch["n_step"][:, None]}
        intervals = mini_batch["terminals"]
        action = tf.tanh(tf.matmul(mini_batch["next_observations"], actor))
        q_tpn = critic(mini_batch["next_observations"], action, tc1, tc2)
        q_t = critic(mini_batch["observations"], mini_batch["actions"], c1, c2)
        mask = 1.0 - mini_batch["terminals"]
        target = mini_batch["rewards"] + gamma ** intervals * q_tpn * mask
        td_error = tf.square(q_t - tf.stop_gradient(target))
        return 0.5 * tf.reduce_mean(td_error)

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": rng.standard_normal((n, d)).astype(fx), "a": rng.standard_normal((n, k)).astype(fx),
                      "r": rng.standard_normal(n).astype(fx), "s2": rng.standard_normal((n, d)).astype(fx),
                      "done": np.array([0, 0, 1, 0, 0, 0, 1]).astype(fx),
                      "n_step": np.array([3, 1, 2, 1, 3, 2, 1]).astype(fx)},
            "variables": [c1, c2]}
