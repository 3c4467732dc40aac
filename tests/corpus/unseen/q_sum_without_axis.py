"""DQN: the predicted q-value is summed over the whole batch, because reduce_sum has no axis.

Source (real): https://github.com/simoninithomas/Deep_reinforcement_learning_Course/issues/68 (TensorFlow 1, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'q = tf.reduce_sum(tf.multiply(output, b["actions_"]))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, h, d, acts = 16, 7, 5, 3
    w1 = tf.Variable(0.5 * arr(d, h), name="w1")
    w2 = tf.Variable(0.5 * arr(h, acts), name="w2")
    batch = {
        "inputs_": arr(n, d),
        "actions_": np.eye(acts)[rng.integers(0, acts, n)].astype(f),
        "target_q": arr(n),
    }

    def network(x):
        return tf.nn.elu(x @ w1) @ w2

    def reference(b):
        total = 0.0
        for x, onehot, goal in zip(b["inputs_"], b["actions_"], b["target_q"]):
            row = network(x[None])[0]
            total = total + tf.square(goal - tf.tensordot(row, onehot, 1))
        return total / len(b["target_q"])

    def candidate(b):
        output = network(b["inputs_"])
        q = tf.reduce_sum(tf.multiply(output, b["actions_"]))
        return tf.reduce_mean(tf.square(b["target_q"] - q))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
