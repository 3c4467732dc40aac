"""The hinge term of the contrastive world model compares the negative with the state at t instead of the state at t+1.

Source (real): https://github.com/tkipf/c-swm/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'neg_energy = energy(state, b["action"], neg_state, no_trans=True)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, objs, d, a, h = 10, 3, 6, 4, 5
    enc = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.4, name="encoder")
    tr = tf.Variable(rng.normal(size=(h + a, h)).astype("float32") * 0.3, name="transition")
    batch = {
        "obs": rng.normal(size=(n, objs, d)).astype("float32"),
        "next_obs": rng.normal(size=(n, objs, d)).astype("float32"),
        "action": np.eye(a, dtype="float32")[rng.integers(0, a, (n, objs))],
        "perm": np.roll(np.arange(n), 3).astype("int32"),
    }
    sigma, hinge = 0.7, 6.0

    def encode(o):
        return tf.nn.elu(tf.einsum("nod,dh->noh", o, enc))

    def energy(state, action, other, no_trans=False):
        if no_trans:
            diff = state - other
        else:
            delta = tf.einsum("noi,ih->noh", tf.concat([state, action], axis=-1), tr)
            diff = state + delta - other
        scaled = tf.square(diff) * (0.5 / sigma ** 2)
        return tf.reduce_mean(tf.reduce_sum(scaled, axis=2), axis=1)

    def reference(b):
        state, next_state = encode(b["obs"]), encode(b["next_obs"])
        negative = tf.gather(state, b["perm"])
        pos = tf.reduce_mean(energy(state, b["action"], next_state))
        neg = tf.nn.relu(hinge - energy(next_state, b["action"], negative, no_trans=True))
        return pos + tf.reduce_mean(neg)

    def candidate(b):
        state, next_state = encode(b["obs"]), encode(b["next_obs"])
        neg_state = tf.gather(state, b["perm"])
        pos_loss = tf.reduce_mean(energy(state, b["action"], next_state))
        neg_energy = energy(state, b["action"], neg_state, no_trans=True)
        neg_loss = tf.reduce_mean(tf.maximum(0.0, hinge - neg_energy))
        return pos_loss + neg_loss

    return {"variables": [enc, tr], "batch": batch, "reference": reference, "candidate": candidate}
