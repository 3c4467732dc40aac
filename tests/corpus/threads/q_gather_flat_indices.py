"""DQN: the Q-value of the chosen action through range(n) * n_actions + action on the flattened predictions.

Source (real): https://github.com/dennybritz/reinforcement-learning/issues/151 and issues/28 (TensorFlow; "not clear
what gather_indices holds").
Right answer: EQUIVALENT to masking with a one-hot action.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 27, 4, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    net = keras.Sequential(
        [keras.layers.Dense(hid, activation="elu", name="hidden"), keras.layers.Dense(acts, name="q_values")],
        name="q_net",
    )
    net.build((None, d))
    net.set_weights([0.6 * arr(*p.shape) for p in net.get_weights()])
    batch = {"obs": arr(n, d), "act": rng.integers(0, acts, n), "target": arr(n)}

    def reference(b):
        hot = tf.one_hot(b["act"], acts, dtype=b["obs"].dtype)
        return tf.reduce_mean(tf.square(b["target"] - tf.reduce_sum(net(b["obs"]) * hot, axis=1)))

    def candidate(b):
        predictions = net(b["obs"])
        gather_indices = tf.range(tf.shape(predictions)[0]) * tf.shape(predictions)[1] + tf.cast(b["act"], tf.int32)
        chosen = tf.gather(tf.reshape(predictions, [-1]), gather_indices)
        return tf.reduce_mean(tf.math.squared_difference(b["target"], chosen))

    return {
        "variables": net.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
