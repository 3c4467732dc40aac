"""DQN with one-hot actions: reduce_sum of Q * actions without axis=1.

Source (real): https://github.com/simoninithomas/Deep_reinforcement_learning_Course/issues/51 (TensorFlow notebook;
"self.Q will be a scalar while self.target_Q will be a vector").
Right answer: NOT equivalent; every target is compared with the sum of all chosen Q-values.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'q = tf.reduce_sum(tf.multiply(net(b["obs"]), b["actions"]))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 18, 5, 3
    net = keras.layers.Dense(acts, name="q_net", dtype=f)
    net.build((None, d))
    net.set_weights([(0.6 * rng.standard_normal(p.shape)).astype(f) for p in net.get_weights()])
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "actions": np.eye(acts)[rng.integers(0, acts, n)].astype(f),
        "target": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        def squared_error(row):
            obs, hot, goal = row
            return tf.square(tf.tensordot(net(obs[None])[0], hot, 1) - goal)

        return tf.reduce_mean(
            tf.map_fn(squared_error, (b["obs"], b["actions"], b["target"]), fn_output_signature=b["obs"].dtype)
        )

    def candidate(b):
        q = tf.reduce_sum(tf.multiply(net(b["obs"]), b["actions"]))
        return tf.reduce_mean(tf.square(b["target"] - q))

    return {
        "variables": net.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
