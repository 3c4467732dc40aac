"""minimalRL DQN: a pull request wants to detach the target. The target comes from another network that is not trained, so
the loss without detach has the same gradient for q.
Source: https://github.com/seungeunrho/minimalRL/pull/41"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


class Qnet:
    def __init__(self, sizes, prefix, rng, f):
        self.layers = [
            (tf.Variable(rng.normal(size=(a, b)).astype(f) / float(np.sqrt(a)), name=f"{prefix}_w{i}"),
             tf.Variable(np.zeros(b, f), name=f"{prefix}_b{i}"))
            for i, (a, b) in enumerate(zip(sizes[:-1], sizes[1:]))
        ]

    def __call__(self, x):
        for w, b in self.layers[:-1]:
            x = tf.nn.elu(x @ w + b)
        w, b = self.layers[-1]
        return x @ w + b


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, acts, gamma = 17, 3, 0.98
    q, q_target = Qnet((4, 8, acts), "q", rng, f), Qnet((4, 8, acts), "target", rng, f)
    batch = {
        "s": rng.normal(size=(n, 4)).astype(f),
        "a": rng.integers(0, acts, size=(n, 1)).astype("int32"),
        "r": (rng.normal(size=(n, 1)) * 2).astype(f),
        "s_prime": rng.normal(size=(n, 4)).astype(f),
        "done_mask": (rng.random((n, 1)) > 0.2).astype(f),
    }

    def reference(batch):
        best = tf.stop_gradient(tf.reduce_max(q_target(batch["s_prime"]), axis=1))
        y = batch["r"][:, 0] + gamma * tf.where(batch["done_mask"][:, 0] > 0, best, tf.zeros_like(best))
        mine = tf.reduce_sum(q(batch["s"]) * tf.one_hot(batch["a"][:, 0], acts, dtype=f), axis=1)
        e = tf.abs(tf.stop_gradient(y) - mine)
        return tf.reduce_mean(tf.where(e < 1, 0.5 * e * e, e - 0.5))

    def smooth_l1_loss(a, b):
        return keras.losses.Huber(delta=1.0)(b, a)

    def candidate(batch):
        q_out = q(batch["s"])
        q_a = tf.gather(q_out, batch["a"], axis=1, batch_dims=1)
        max_q_prime = tf.expand_dims(tf.reduce_max(q_target(batch["s_prime"]), axis=1), 1)
        target = batch["r"] + gamma * max_q_prime * batch["done_mask"]
        return smooth_l1_loss(q_a, target)

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [v for pair in q.layers for v in pair]}
