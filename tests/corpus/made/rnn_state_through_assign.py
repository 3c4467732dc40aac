"""Hand-written stateful RNN: the hidden state is kept in a non-trainable variable and read back after assign at each step.

Source: realistic (stateful cells with self.state.assign(...); "No gradients provided for any variable").
Right answer: NOT equivalent; the values are right, assign breaks the path, recurrent and input weights get None.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "state = carry.assign(tf.tanh(x_t @ wx + state @ wh))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, hid = 16, 5, 3, 6
    wx = tf.Variable((0.6 * rng.standard_normal((d, hid))).astype(f), name="wx")
    wh = tf.Variable((0.5 * rng.standard_normal((hid, hid))).astype(f), name="wh")
    wo = tf.Variable((0.6 * rng.standard_normal((hid, 1))).astype(f), name="wo")
    carry = tf.Variable(np.zeros((n, hid), f), trainable=False, name="carry")
    batch = {"seq": rng.standard_normal((n, t, d)).astype(f), "y": rng.standard_normal((n, t)).astype(f)}

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            h = tf.zeros([1, hid], f)
            for s in range(t):
                h = tf.tanh(b["seq"][i, s][None] @ wx + h @ wh)
                total += tf.square((h @ wo)[0, 0] - b["y"][i, s])
        return total / (m * t)

    def candidate(b):
        state = tf.zeros_like(carry)
        loss = 0.0
        for x_t, y_t in zip(tf.unstack(b["seq"], axis=1), tf.unstack(b["y"], axis=1)):
            state = carry.assign(tf.tanh(x_t @ wx + state @ wh))
            out = tf.squeeze(tf.matmul(state, wo), axis=1)
            loss += tf.reduce_mean(tf.square(out - y_t))
        return loss / t

    return {"variables": [wx, wh, wo], "batch": batch, "reference": reference, "candidate": candidate}
