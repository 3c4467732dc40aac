"""Gradient accumulation in a tf.while_loop: mean of the micro-batch means, all micro-batches of one size.

Source (constructed): looks like the unequal-token bug of gradient accumulation; here every step has four rows.
Right answer: EQUIVALENT to the full-batch Keras Huber loss.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_STEPS = 5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 20, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="w1")
    w2 = tf.Variable(0.6 * arr(hid, 1), name="w2")
    batch = {"x": arr(n, d), "y": 2.0 * arr(n)}

    def predict(x):
        return tf.squeeze(tf.tanh(x @ w1) @ w2, -1)

    def reference(b):
        e = tf.abs(b["y"] - predict(b["x"]))
        return tf.reduce_mean(tf.where(e <= 1.0, 0.5 * tf.square(e), e - 0.5))

    @tf.function
    def candidate(b):
        huber = keras.losses.Huber(delta=1.0)
        size = b["y"].shape[0] // _STEPS

        def step(s, acc):
            rows = tf.range(s * size, (s + 1) * size)
            part = huber(tf.gather(b["y"], rows), predict(tf.gather(b["x"], rows)))
            return s + 1, acc + part / _STEPS

        _, loss = tf.while_loop(lambda s, acc: s < _STEPS, step, [tf.constant(0), tf.zeros([], b["x"].dtype)])
        return loss

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
