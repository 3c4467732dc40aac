"""DQN: indexing the q-values with the whole action column picks an (n, n) matrix instead of one value per row.

Source (real): https://github.com/sherjilozair/dqn/issues/4 (Theano/Keras, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'picked = tf.gather(vs, b["act"][:, 0], axis=1)',
    "same_forward_value": False,
}

_GAMMA = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, hid, acts = 18, 5, 6, 4
    w = tf.Variable(0.6 * arr(d, hid), name="hidden")
    v = tf.Variable(0.7 * arr(hid, acts), name="heads")
    batch = {
        "s": arr(n, d),
        "ns": arr(n, d),
        "act": rng.integers(0, acts, (n, 1)),
        "r": arr(n, 1),
        "t": (rng.random((n, 1)) < 0.2).astype(f),
    }

    def model(x):
        return tf.tanh(x @ w) @ v

    def reference(b):
        losses = []
        for i in range(b["s"].shape[0]):
            q = model(b["s"][i : i + 1])[0]
            best = tf.reduce_max(tf.stop_gradient(model(b["ns"][i : i + 1])[0]))
            y = b["r"][i, 0] + _GAMMA * best * (1.0 - b["t"][i, 0])
            losses.append((q[int(b["act"][i, 0])] - y) ** 2)
        return tf.add_n(losses) / len(losses)

    def candidate(b):
        vs = model(b["s"])
        vns = tf.stop_gradient(model(b["ns"]))
        future_value = (1.0 - b["t"]) * tf.reduce_max(vns, axis=1, keepdims=True)
        target = b["r"] + _GAMMA * future_value
        picked = tf.gather(vs, b["act"][:, 0], axis=1)
        return tf.reduce_mean(tf.square(picked - target))

    return {"variables": [w, v], "batch": batch, "reference": reference, "candidate": candidate}
