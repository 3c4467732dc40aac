"""The prioritized replay returns importance weights, but the training step of the tutorial never multiplies the losses by them.
Source: https://github.com/tensorlayer/TensorLayer/issues/1084"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'return tf.reduce_mean(tf.reduce_sum(tf.square(q - target_f), axis=1))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts, gamma = 16, 5, 3, 0.98
    qnet = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(7, activation="tanh"), keras.layers.Dense(acts)])
    target = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(7, activation="tanh"), keras.layers.Dense(acts)])
    prio = rng.uniform(0.05, 2.0, n)
    w = (prio / prio.sum() * n) ** -0.6
    batch = {
        "s": rng.standard_normal((n, obs)).astype(f),
        "a": rng.integers(0, acts, n),
        "r": rng.standard_normal(n).astype(f),
        "s2": rng.standard_normal((n, obs)).astype(f),
        "done": (rng.random(n) < 0.2).astype(f),
        "weights": (w / w.max()).astype(f),
    }

    def reference(b):
        best = tf.reduce_max(target(b["s2"]), axis=1)
        y = tf.stop_gradient(b["r"] + gamma * (1.0 - b["done"]) * best)
        picked = tf.gather(qnet(b["s"]), b["a"], batch_dims=1)
        delta = y - picked
        return tf.reduce_mean(b["weights"] * delta * delta)

    def candidate(b):
        def train(transitions):
            s, a, r, s2, done, _weights = (transitions[k] for k in ("s", "a", "r", "s2", "done", "weights"))
            q = qnet(s)
            q_next = keras.ops.max(target(s2), axis=-1)
            new_value = r + gamma * q_next * (1 - done)
            onehot = tf.one_hot(a, acts, dtype=f)
            target_f = tf.stop_gradient(q * (1 - onehot) + new_value[:, None] * onehot)
            return tf.reduce_mean(tf.reduce_sum(tf.square(q - target_f), axis=1))

        return train(b)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": qnet.trainable_variables}
