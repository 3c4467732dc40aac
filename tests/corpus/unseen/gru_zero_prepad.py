"""ASTNN pads statement sequences with zero vectors in front; the GRU has biases, so short sequences start from a
hidden state that is not zero.
Source: https://github.com/zhangj111/astnn/pull/28"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'h = cell(x_t, h)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()
    n, t, d, u, ncls = 5, 6, 4, 3, 3
    W = tf.Variable(rng.normal(size=(d, 3 * u)).astype(F), name="W")
    U = tf.Variable(rng.normal(size=(u, 3 * u)).astype(F), name="U")
    bias = tf.Variable(rng.normal(size=3 * u).astype(F), name="bias")
    out = tf.Variable((2 * rng.normal(size=(u, ncls))).astype(F), name="out")

    def cell(x, h):
        xz, xr, xh = tf.split(x @ W + bias, 3, -1)
        hz, hr, hh = tf.split(h @ U, 3, -1)
        z, r = tf.sigmoid(xz + hz), tf.sigmoid(xr + hr)
        return z * h + (1 - z) * tf.tanh(xh + r * hh)

    def reference(batch):
        lens = batch["lens"]
        loss = 0.0
        for i in range(n):
            h = tf.zeros([1, u], dtype=F)
            pool = []
            for s in range(t):
                if s < int(lens[i]):
                    h = cell(batch["x"][i:i + 1, s], h)
                    pool.append(h)
            best = tf.reduce_max(tf.concat(pool, 0), 0)
            loss += tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"][i], tf.linalg.matvec(out, best, transpose_a=True))
        return loss / n

    def candidate(batch):
        lens = batch["lens"]
        rows = []
        for i in range(n):
            gap = t - int(lens[i])
            rows.append(tf.concat([tf.zeros([gap, d], dtype=F), batch["x"][i, :t - gap]], axis=0))
        seq = tf.stack(rows)
        steps = tf.range(t)[None, :] >= (t - tf.cast(lens, tf.int32))[:, None]
        h = tf.zeros([n, u], dtype=F)
        states = []
        for s in range(t):
            x_t = seq[:, s]
            h = cell(x_t, h)
            states.append(h)
        states = tf.stack(states, axis=1)
        masked = tf.where(steps[:, :, None], states, -1e4 * tf.ones_like(states))
        gru_out = tf.reduce_max(masked, axis=1)
        logits = tf.matmul(gru_out, out)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, t, d)).astype(F), "lens": np.array([2, 6, 1, 3, 4]),
                      "y": rng.integers(0, ncls, n)},
            "variables": [W, U, bias, out]}
