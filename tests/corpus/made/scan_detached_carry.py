"""Recurrent forecaster with tf.scan: the carried state is detached at each step, so nothing is learned through time.

Origin (realistic): truncated BPTT copied from the chunk boundary into the step function.
Right answer: NOT equivalent to backpropagation through the whole window; the value is the same.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'return tf.tanh(x_t @ wx + tf.stop_gradient(state) @ wh)',
    "same_forward_value": True,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, hid = 17, 6, 3, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wx = tf.Variable(0.6 * arr(d, hid), name="in_w")
    wh = tf.Variable(0.5 * arr(hid, hid), name="rec_w")
    wo = tf.Variable(0.8 * arr(hid, 1), name="out_w")
    batch = {"x": arr(n, t, d), "y": arr(n)}

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            h = tf.zeros([1, hid], b["x"].dtype)
            for j in range(t):
                h = tf.tanh(b["x"][i, j : j + 1] @ wx + h @ wh)
            total += tf.square((h @ wo)[0, 0] - b["y"][i])
        return total / m

    def candidate(b):
        def step(state, x_t):
            return tf.tanh(x_t @ wx + tf.stop_gradient(state) @ wh)

        first = tf.zeros([b["x"].shape[0], hid], b["x"].dtype)
        states = tf.scan(step, tf.transpose(b["x"], [1, 0, 2]), initializer=first)
        return tf.reduce_mean(tf.square(tf.squeeze(states[-1] @ wo, -1) - b["y"]))

    return {"variables": [wx, wh, wo], "batch": batch, "reference": reference, "candidate": candidate}
