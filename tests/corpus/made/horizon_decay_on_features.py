"""Multi-step forecast (n, horizon, feature): the decay over the horizon lands on the feature axis, both of size 6.

Origin (realistic): weather seq2seq code; it worked by luck of equal sizes when the sixth sensor was added.
Right answer: NOT equivalent; decay (6,) aligns with the last axis, features are weighted instead of lead times.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'weighted = err * decay',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, steps, feats = 16, 4, 6, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.5 * arr(d, steps * feats), name="decoder_w")
    c = tf.Variable(0.2 * arr(steps, feats), name="decoder_b")
    batch = {"x": arr(n, d), "y": arr(n, steps, feats)}
    decay = tf.constant((0.6 ** np.arange(steps)).astype(f))

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            pred = tf.reshape(b["x"][i : i + 1] @ w, [steps, feats]) + c
            for h in range(steps):
                total += 0.6**h * tf.reduce_sum(tf.square(pred[h] - b["y"][i, h]))
        return total / m

    def candidate(b):
        pred = tf.reshape(b["x"] @ w, [-1, steps, feats]) + c
        err = tf.square(pred - b["y"])
        weighted = err * decay
        return tf.reduce_mean(tf.reduce_sum(weighted, axis=[1, 2]))

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
