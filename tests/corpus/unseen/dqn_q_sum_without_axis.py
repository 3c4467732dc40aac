"""reduce_sum(output * one_hot) has no axis: Q is one number for the whole batch.

Source (real): https://github.com/simoninithomas/Deep_reinforcement_learning_Course/issues/51
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "q = tf.reduce_sum(tf.multiply(output, actions_))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, side, k = 10, 8, 3
    frames = rng.random((n, side, side, 2)).astype(np.float32)
    kern = tf.Variable((0.4 * rng.normal(size=(3, 3, 2, 4))).astype(np.float32), name="conv1")
    w1 = tf.Variable((0.2 * rng.normal(size=(36, 12))).astype(np.float32), name="fc")
    w2 = tf.Variable((0.4 * rng.normal(size=(12, k))).astype(np.float32), name="out")
    batch = {"inputs": frames, "actions": rng.integers(0, k, n).astype(np.int32),
             "target_q": rng.normal(size=n).astype(np.float32)}

    def dqnet(x):
        conv = tf.nn.elu(tf.nn.conv2d(x, kern, strides=2, padding="VALID"))
        flat = tf.reshape(conv, (tf.shape(x)[0], -1))
        hid = tf.nn.elu(tf.matmul(flat, w1))
        return tf.matmul(hid, w2)

    def reference(b):
        total = 0.0
        output = dqnet(b["inputs"])
        for i in range(n):
            q_i = output[i, b["actions"][i]]
            total += tf.square(b["target_q"][i] - q_i)
        return total / n

    def candidate(b):
        output = dqnet(b["inputs"])
        actions_ = tf.one_hot(b["actions"], k)
        q = tf.reduce_sum(tf.multiply(output, actions_))
        loss = tf.reduce_mean(tf.square(b["target_q"] - q))
        return loss

    return {"variables": [kern, w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
