"""REDQ-style critic ensemble: stacked outputs (E, n, 1) minus one target vector (n,) is (E, n, n).

Origin (realistic): going from two critics to a list of critics with tf.stack and dropping the squeeze.
Right answer: NOT equivalent; rank-3 outer difference.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'td = tf.stack([head(k, feats) for k in range(_E)]) - target',
    "same_forward_value": False,
}

_E = 3


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 27, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.7 * arr(_E, d, hid), name="ens_w1")
    w2 = tf.Variable(0.7 * arr(_E, hid, 1), name="ens_w2")
    batch = {"obs": arr(n, d), "ret": (0.5 + rng.standard_normal(n)).astype(f)}

    def head(k, x):
        return tf.tanh(x @ w1[k]) @ w2[k]

    def reference(b):
        m = b["ret"].shape[0]
        total = 0.0
        for k in range(_E):
            for i in range(m):
                total += tf.square(head(k, b["obs"][i : i + 1])[0, 0] - b["ret"][i])
        return total / m

    def candidate(b):
        feats, target = b["obs"], b["ret"]
        td = tf.stack([head(k, feats) for k in range(_E)]) - target
        return _E * tf.reduce_mean(tf.square(td))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
