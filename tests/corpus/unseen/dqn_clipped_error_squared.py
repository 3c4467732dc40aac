"""An early version of a DQN clips the TD error to (-1, 1) and squares it: whenever the error is larger, the gradient is zero.
The later version uses the quadratic/linear parts of the Huber loss.
Source: https://github.com/tokb23/dqn/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "clipped_error = tf.clip_by_value(error, -1.0, 1.0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts = 16, 7, 4
    net = keras.Sequential([keras.layers.Dense(9, activation="tanh", name="q_h"), keras.layers.Dense(acts, name="q_o")])
    net.build((None, obs))

    def reference(batch):
        q_values = net(batch["s"])
        q_value = tf.gather(q_values, batch["a"], axis=1, batch_dims=1)
        error = tf.abs(batch["y"] - q_value)
        quadratic_part = tf.clip_by_value(error, 0.0, 1.0)
        linear_part = error - quadratic_part
        return tf.reduce_mean(0.5 * tf.square(quadratic_part) + linear_part)

    def candidate(batch):
        # Convert action to one hot vector
        a_one_hot = tf.one_hot(batch["a"], acts, 1.0, 0.0, dtype=f)
        q_value = tf.reduce_sum(tf.multiply(net(batch["s"]), a_one_hot), axis=1)
        # Clip the error term to be between -1 and 1
        error = batch["y"] - q_value
        clipped_error = tf.clip_by_value(error, -1.0, 1.0)
        loss = 0.5 * tf.reduce_mean(tf.square(clipped_error))
        return loss

    sign = rng.choice([-1.0, 1.0], n)
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "s": rng.standard_normal((n, obs)).astype(f),
            "a": rng.integers(0, acts, n).astype("int32"),
            "y": (sign * (9.0 + rng.random(n))).astype(f),
        },
        "variables": net.trainable_variables,
    }
