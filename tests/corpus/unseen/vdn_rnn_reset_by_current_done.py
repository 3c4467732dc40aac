"""Recurrent VDN: the hidden state is reset by the done flag of the same step instead of the previous one.

Source (real): https://github.com/bold-lab-ai/JaxMARL/issues/119
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'resets = b["done"]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, agents, obs, hid, n_act, gamma = 8, 6, 2, 4, 7, 3, 0.95
    w_x = tf.Variable(rng.normal(0, 0.5, (obs, hid)), name="rnn/x", dtype=tf.float32)
    w_h = tf.Variable(rng.normal(0, 0.5, (hid, hid)), name="rnn/h", dtype=tf.float32)
    w_q = tf.Variable(rng.normal(0, 0.6, (hid, n_act)), name="head", dtype=tf.float32)
    done = (rng.random((n, T)) < 0.3).astype(np.float32)
    done[:3, 2] = 1.0
    batch = {"obs": rng.normal(size=(n, T, agents, obs)).astype(np.float32), "done": done,
             "act": rng.integers(0, n_act, (n, T, agents)).astype(np.int32),
             "rew": rng.normal(size=(n, T)).astype(np.float32)}

    def unroll(obs_seq, resets):
        h = tf.zeros([n, agents, hid])
        qs = []
        for t in range(T):
            h = h * (1.0 - resets[:, t])[:, None, None]
            h = tf.tanh(tf.einsum("nad,dh->nah", obs_seq[:, t], w_x) + tf.einsum("nah,hk->nak", h, w_h))
            qs.append(tf.einsum("nah,hc->nac", h, w_q))
        return tf.stack(qs, axis=1)

    def td_loss(b, q):
        chosen = tf.reduce_sum(tf.gather(q, b["act"], batch_dims=3), axis=-1)
        best = tf.reduce_sum(tf.reduce_max(q, axis=-1), axis=-1)
        y = b["rew"][:, :-1] + gamma * (1.0 - b["done"][:, :-1]) * best[:, 1:]
        return tf.reduce_mean((chosen[:, :-1] - tf.stop_gradient(y)) ** 2)

    def reference(b):
        before = tf.concat([tf.zeros([n, 1]), b["done"][:, :-1]], axis=1)
        return td_loss(b, unroll(b["obs"], before))

    def candidate(b):
        resets = b["done"]
        q = unroll(b["obs"], resets)
        return td_loss(b, q)

    return {"variables": [w_x, w_h, w_q], "batch": batch, "reference": reference, "candidate": candidate}
