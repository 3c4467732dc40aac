"""DQN: the temporal difference itself is clipped before it is squared, so transitions beyond the bounds have no gradient.

Source (real): https://github.com/devsisters/DQN-tensorflow/issues/16 (TensorFlow 1; reported by karpathy, mended with the Huber loss).
Right answer: NOT equivalent. Here all transitions are far off, so nothing is learned at all: every gradient is exactly zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "clipped_delta = tf.clip_by_value(delta, min_delta, max_delta)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 20, 5, 6, 3
    min_delta, max_delta = -1.0, 1.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.4 * arr(d, hid), name="l1_w")
    q_w = tf.Variable(0.3 * arr(hid, acts), name="q_w")
    batch = {
        "s_t": arr(n, d),
        "action": rng.integers(0, acts, n),
        "target_q_t": (rng.choice([-1.0, 1.0], n) * rng.uniform(4.0, 9.0, n)).astype(f),
    }

    def reference(b):
        total = 0.0
        for s, a, y in zip(b["s_t"], b["action"], b["target_q_t"]):
            q = tf.linalg.matvec(q_w, tf.tanh(tf.linalg.matvec(w, s, transpose_a=True)), transpose_a=True)
            x = y - tf.gather(q, a)
            total += 0.5 * tf.square(x) if abs(float(x)) < 1.0 else tf.abs(x) - 0.5
        return total / len(b["s_t"])

    def candidate(b):
        q = tf.tanh(b["s_t"] @ w) @ q_w
        action_one_hot = tf.one_hot(b["action"], acts, 1.0, 0.0, dtype=q.dtype)
        q_acted = tf.reduce_sum(q * action_one_hot, axis=1)
        delta = b["target_q_t"] - q_acted
        clipped_delta = tf.clip_by_value(delta, min_delta, max_delta)
        return tf.reduce_mean(tf.square(clipped_delta))

    return {"variables": [w, q_w], "batch": batch, "reference": reference, "candidate": candidate}
