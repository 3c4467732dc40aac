"""DQN: not_done = ~done on uint8 is a bitwise not, 255 and 254 instead of 1 and 0, so every target has 255 times the next value.

Source (real): https://github.com/Banyutong/deep_learning_hands_on/issues/4 (PyTorch, session 6, ported; the agent does not learn at all).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "not_done_mask = tf.cast(tf.bitwise.invert(tf.cast(done_batch, tf.uint8)), rew_batch.dtype)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts, gamma = 18, 4, 8, 2, 0.98

    def arr(*s):
        return (0.5 * rng.standard_normal(s)).astype(f)

    fc1, fc2 = tf.Variable(arr(d, hid), name="fc1"), tf.Variable(arr(hid, acts), name="fc2")
    old1, old2 = tf.constant(arr(d, hid)), tf.constant(arr(hid, acts))
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "act": rng.integers(0, acts, n),
        "rew": np.ones(n, f),
        "next_obs": rng.standard_normal((n, d)).astype(f),
        "done": rng.random(n) < 0.25,
    }

    def reference(b):
        loss = 0.0
        for s, a, r, s2, done in zip(b["obs"], b["act"], b["rew"], b["next_obs"], b["done"]):
            y = r
            if not bool(done):
                y += gamma * tf.reduce_max(tf.nn.relu(s2[None] @ old1) @ old2)
            q = (tf.nn.relu(s[None] @ fc1) @ fc2)[0]
            loss += (q[int(a)] - y) ** 2
        return loss / b["rew"].shape[0]

    def candidate(b):
        done_batch, rew_batch = b["done"], b["rew"]
        not_done_mask = tf.cast(tf.bitwise.invert(tf.cast(done_batch, tf.uint8)), rew_batch.dtype)
        current_Q_values = tf.gather(tf.matmul(tf.nn.relu(tf.matmul(b["obs"], fc1)), fc2), b["act"], batch_dims=1)
        next_max_q = tf.reduce_max(tf.matmul(tf.nn.relu(tf.matmul(b["next_obs"], old1)), old2), axis=1)
        next_Q_values = not_done_mask * next_max_q
        target_Q_values = rew_batch + gamma * next_Q_values
        return tf.reduce_mean(tf.math.squared_difference(current_Q_values, target_Q_values))

    return {"variables": [fc1, fc2], "batch": batch, "reference": reference, "candidate": candidate}
