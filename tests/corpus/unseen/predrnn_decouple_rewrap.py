"""PredRNN: the list of decoupling losses is wrapped into a new constant, which cuts the graph; the adapter is not trained.

Source (real): https://github.com/thuml/predrnn-pytorch/issues/11 (PyTorch, ported: torch.tensor(list) instead of torch.stack(list)).
Right answer: NOT equivalent although the value is the same.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'decouple_loss = tf.reduce_mean(tf.constant([float(v) for v in decouple_loss], f))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, steps, d, hid = 14, 4, 3, 5

    w_c = tf.Variable(0.6 * arr(d + hid, hid), name="cell_c")
    w_m = tf.Variable(0.6 * arr(d + hid, hid), name="cell_m")
    adapter = tf.Variable(0.6 * arr(hid, hid), name="adapter")
    batch = {"x": arr(n, steps, d), "y": arr(n, hid)}

    def cosine(a, c):
        return tf.reduce_sum(tf.math.l2_normalize(a, -1) * tf.math.l2_normalize(c, -1), -1)

    def reference(b):
        state_c = state_m = tf.zeros([b["x"].shape[0], hid], f)
        overlap = 0.0
        for t in range(steps):
            dc = tf.tanh(tf.concat([b["x"][:, t], state_c], -1) @ w_c)
            dm = tf.tanh(tf.concat([b["x"][:, t], state_m], -1) @ w_m)
            state_c, state_m = 0.5 * state_c + dc, 0.5 * state_m + dm
            overlap += tf.reduce_mean(tf.abs(cosine(dc @ adapter, dm @ adapter))) / steps
        return tf.reduce_mean((state_c + state_m - b["y"]) ** 2) + 0.7 * overlap

    def candidate(b):
        c_t = m_t = tf.zeros([b["x"].shape[0], hid], f)
        decouple_loss = []
        for t in range(steps):
            delta_c = tf.tanh(tf.concat([b["x"][:, t], c_t], axis=-1) @ w_c)
            delta_m = tf.tanh(tf.concat([b["x"][:, t], m_t], axis=-1) @ w_m)
            c_t, m_t = 0.5 * c_t + delta_c, 0.5 * m_t + delta_m
            decouple_loss.append(tf.reduce_mean(tf.abs(cosine(delta_c @ adapter, delta_m @ adapter))))
        decouple_loss = tf.reduce_mean(tf.constant([float(v) for v in decouple_loss], f))
        mse = tf.reduce_mean(tf.square(c_t + m_t - b["y"]))
        return mse + 0.7 * decouple_loss

    return {"variables": [w_c, w_m, adapter], "batch": batch, "reference": reference, "candidate": candidate}
