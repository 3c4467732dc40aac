"""Transformer Hawkes: the intensity at an event uses the hidden state that has already read this event.

Source (real): https://github.com/yangalan123/anhp-andtt/issues/7 (PyTorch, ported; also discussed as issue 10 of the original repository).
Right answer: NOT equivalent; the state before the event must be used.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'all_lambda = tf.nn.softplus(all_hid[:, 1:, :])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, length, d, types = 15, 6, 3, 4

    emb = tf.Variable(arr(types, d), name="event_emb")
    linear = tf.Variable(0.7 * arr(d, types), name="linear")
    times = np.cumsum(rng.exponential(0.5, (n, length)), axis=1).astype(f)
    batch = {"type": rng.integers(0, types, (n, length)), "time": times}

    def encode(kind, time):
        h = tf.gather(emb, kind) * (1.0 + 0.1 * time[..., None])
        return tf.tanh(tf.cumsum(h, axis=1) / 2.0)

    def reference(b):
        m = b["time"].shape[0]
        total = 0.0
        for i in range(m):
            state = encode(b["type"][i : i + 1], b["time"][i : i + 1])[0]
            for j in range(1, length):
                rate = tf.nn.softplus(tf.linalg.matvec(linear, state[j - 1], transpose_a=True))
                total += tf.math.log(rate[int(b["type"][i, j])])
                total -= tf.reduce_sum(rate) * (b["time"][i, j] - b["time"][i, j - 1])
        return -total / m

    def candidate(b):
        enc = encode(b["type"], b["time"])
        all_hid = enc @ linear
        type_mask = tf.one_hot(b["type"][:, 1:], types, dtype=enc.dtype)
        all_lambda = tf.nn.softplus(all_hid[:, 1:, :])
        type_lambda = tf.reduce_sum(all_lambda * type_mask, axis=2)
        event_ll = tf.reduce_sum(tf.math.log(type_lambda), axis=-1)
        diff_time = b["time"][:, 1:] - b["time"][:, :-1]
        rate = tf.reduce_sum(tf.nn.softplus(all_hid[:, :-1, :]), axis=2)
        non_event_ll = tf.reduce_sum(rate * diff_time, axis=-1)
        return -tf.reduce_mean(event_ll - non_event_ll)

    return {"variables": [emb, linear], "batch": batch, "reference": reference, "candidate": candidate}
