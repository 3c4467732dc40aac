"""DQN: the TD error is clipped to [-1, 1] before it is squared, and all errors are larger than 1.

Source (real): https://github.com/spragunr/deep_q_rl/issues/46 ("gradients vanish precisely when they should be
largest"; the Nature paper's wording misleads). Theano, ported.
Right answer: NOT equivalent to the Huber loss; all gradients are connected and exactly zero.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "diff = tf.clip_by_value(diff, -1.0, 1.0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 19, 4, 3
    net = keras.layers.Dense(acts, activation="tanh", name="q_net", dtype=f)
    net.build((None, d))
    net.set_weights([(0.6 * rng.standard_normal(p.shape)).astype(f) for p in net.get_weights()])
    target = rng.choice([-1.0, 1.0], n) * (2.5 + rng.random(n))
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "act": rng.integers(0, acts, n),
        "target": target.astype(f),
    }

    def reference(b):
        q = tf.gather(net(b["obs"]), b["act"], batch_dims=1)
        return keras.losses.Huber(delta=1.0)(b["target"][:, None], q[:, None])

    def candidate(b):
        q = tf.gather(net(b["obs"]), b["act"], batch_dims=1)
        diff = b["target"] - q
        diff = tf.clip_by_value(diff, -1.0, 1.0)
        return tf.reduce_mean(0.5 * tf.square(diff))

    return {
        "variables": net.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
