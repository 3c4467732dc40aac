"""After the session reset the gates use the reset state, but the update still mixes in the old state of the previous session.

Source (real): https://github.com/mquad/hgru4rec/issues/11
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'state = (1.0 - z) * state + z * cand',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, h, items = 8, 5, 4, 5, 9
    w = lambda name, *s: tf.Variable((0.6 * rng.normal(size=s)).astype(np.float32), name=name)
    wx, uh, uc = w("wx", d, 3 * h), w("uh", h, 2 * h), w("uc", h, h)
    w_init, b_init, out = w("w_init", d, h), w("b_init", h), w("out", h, items)
    batch = {
        "x": rng.normal(size=(n, t, d)).astype(np.float32),
        "user": rng.normal(size=(n, d)).astype(np.float32),
        "start": (rng.random((n, t)) < 0.4).astype(np.float32),      # a new session begins
        "next_item": rng.integers(0, items, size=(n, t)).astype(np.int32),
        "h0": rng.normal(size=(n, h)).astype(np.float32),
    }

    def gates(x_t, state):
        xp = x_t @ wx
        rz = tf.sigmoid(xp[:, : 2 * h] + state @ uh)
        r, z = rz[:, :h], rz[:, h:]
        cand = tf.tanh(xp[:, 2 * h:] + (r * state) @ uc)
        return z, cand

    def item_loss(states, b):
        logits = tf.stack(states, 1) @ out
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(b["next_item"], logits))

    def reference(b):
        h_init = tf.tanh(b["user"] @ w_init + b_init)
        hs, states = b["h0"], []
        for k in range(t):
            s = b["start"][:, k:k + 1]
            hs = hs * (1.0 - s) + h_init * s
            z, cand = gates(b["x"][:, k], hs)
            hs = (1.0 - z) * hs + z * cand
            states.append(hs)
        return item_loss(states, b)

    def candidate(b):
        h_init = tf.tanh(b["user"] @ w_init + b_init)
        state, outs = b["h0"], []
        for x_t, start in zip(tf.unstack(b["x"], axis=1), tf.unstack(b["start"], axis=1)):
            fresh = tf.where(start[:, None] > 0.5, h_init, state)
            z, cand = gates(x_t, fresh)
            state = (1.0 - z) * state + z * cand
            outs.append(state)
        return item_loss(outs, b)

    return {"variables": [wx, uh, uc, w_init, b_init, out], "batch": batch, "reference": reference, "candidate": candidate}
