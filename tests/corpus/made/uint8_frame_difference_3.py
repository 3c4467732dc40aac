"""Video prediction of the next frame difference: uint8 frames are subtracted before the cast to float, so negative
differences wrap around to 200-something.

Source: realistic (uint8 replay buffers and video loaders; the same happens with NumPy and cv2 images).
Right answer: NOT equivalent; the regression targets of darkening pixels are wrong.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "delta = tf.cast(nxt - cur, f) / 255.0",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, pix, hid = 15, 4, 6, 5
    w1 = tf.Variable((0.8 * rng.standard_normal((pix, hid))).astype(f), name="dyn_hidden")
    w2 = tf.Variable((0.5 * rng.standard_normal((hid, pix))).astype(f), name="dyn_out")
    batch = {"frames": rng.integers(0, 256, (n, t, pix)).astype("uint8")}

    def dynamics(x):
        return tf.tanh(tf.tensordot(x, w1, 1)) @ w2

    def reference(b):
        total = 0.0
        m = b["frames"].shape[0]
        for i in range(m):
            x = tf.cast(b["frames"][i], f) / 255.0
            for s in range(t - 1):
                total += tf.reduce_mean(tf.square(dynamics(x[s : s + 1])[0] - (x[s + 1] - x[s])))
        return total / (m * (t - 1))

    def candidate(b):
        frames = b["frames"]
        cur, nxt = frames[:, :-1], frames[:, 1:]
        delta = tf.cast(nxt - cur, f) / 255.0
        pred = dynamics(tf.cast(cur, f) / 255.0)
        return tf.reduce_mean(tf.math.squared_difference(pred, delta))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
