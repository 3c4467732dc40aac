"""Transformer Hawkes: the intensity at event i is read from the hidden state of event i, which has seen that event.
Source: https://github.com/SimiaoZuo/Transformer-Hawkes-Process/issues/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "at_event = score[:, 1:]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, L, types, d = 3, 5, 3, 4
    emb = tf.Variable((0.8 * rng.normal(size=(types, d))).astype(fx), name="emb")
    rec = tf.Variable((0.5 * rng.normal(size=(d, d))).astype(fx), name="rec")
    lin = tf.Variable((0.8 * rng.normal(size=(d, types))).astype(fx), name="lin")
    alpha = tf.Variable((0.3 * rng.normal(size=(types,))).astype(fx), name="alpha")
    n_grid = 4

    def encode(batch):
        e = tf.gather(emb, batch["type"])
        state, out = tf.zeros((n, d), e.dtype), []
        for i in range(L):
            state = tf.tanh(e[:, i] + state @ rec)
            out.append(state)
        return tf.stack(out, axis=1)

    def reference(batch):
        hid = encode(batch)
        ll = 0.0
        for i in range(1, L):
            dt = batch["time"][:, i] - batch["time"][:, i - 1]
            base = hid[:, i - 1] @ lin
            lam = tf.nn.softplus(base + alpha * dt[:, None])
            picked = tf.reduce_sum(lam * tf.one_hot(batch["type"][:, i], types, dtype=lam.dtype), axis=1)
            integral = 0.0
            for k in range(n_grid):
                u = (k + 0.5) / n_grid
                integral += tf.reduce_sum(tf.nn.softplus(base + alpha * u * dt[:, None]), axis=1) * dt / n_grid
            ll += tf.math.log(picked) - integral
        return -tf.reduce_mean(ll)

    def candidate(batch):
        states = encode(batch)
        score = tf.einsum("bld,dk->blk", states, lin)
        gap = batch["time"][:, 1:] - batch["time"][:, :-1]
        at_event = score[:, 1:]
        lam = tf.nn.softplus(at_event + gap[..., None] * alpha)
        type_lambda = tf.gather(lam, batch["type"][:, 1:], batch_dims=2)
        event_ll = tf.reduce_sum(tf.math.log(type_lambda), axis=-1)
        grid = (tf.range(n_grid, dtype=score.dtype) + 0.5) / n_grid
        shifted = score[:, :-1, None, :] + (gap[..., None] * grid)[..., None] * alpha
        all_lambda = tf.reduce_sum(tf.nn.softplus(shifted), axis=3)
        non_event = tf.reduce_sum(tf.reduce_mean(all_lambda, axis=2) * gap, axis=-1)
        return tf.reduce_mean(non_event - event_ll)

    times = np.cumsum(rng.exponential(1.0, size=(n, L)), axis=1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"time": times.astype(fx), "type": rng.integers(0, types, (n, L)).astype("int32")},
            "variables": [emb, rec, lin, alpha]}
