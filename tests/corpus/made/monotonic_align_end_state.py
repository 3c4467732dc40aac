"""Monotonic alignment (CTC without blanks): the forward variable is read one state past the last label.

Source (constructed): forward recursion with tf.scan; the end state is picked with gather_nd at len instead of len - 1.
Right answer: NOT equivalent; a padding label is part of every path.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'ends = tf.stack([tf.range(m), b["len"]], axis=1)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, frames, states, d, vocab = 13, 8, 5, 4, 6
    w = tf.Variable((0.8 * rng.standard_normal((d, vocab))).astype(f), name="phone_w")
    c = tf.Variable((0.3 * rng.standard_normal(vocab)).astype(f), name="phone_b")
    batch = {
        "x": rng.standard_normal((n, frames, d)).astype(f),
        "lab": rng.integers(0, vocab, (n, states)).astype("int32"),
        "len": rng.integers(2, states, n).astype("int32"),
    }

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            size = int(b["len"][i])
            lp = tf.gather(tf.nn.log_softmax(b["x"][i] @ w + c), b["lab"][i, :size], axis=1)
            alpha = [lp[0, 0]]
            for t in range(1, frames):
                new = []
                for s in range(min(size, t + 1)):
                    came = [alpha[k] for k in (s - 1, s) if 0 <= k < len(alpha)]
                    new.append(tf.reduce_logsumexp(tf.stack(came)) + lp[t, s])
                alpha = new
            total -= alpha[size - 1]
        return total / m

    @tf.function
    def candidate(b):
        m = b["x"].shape[0]
        logp = tf.nn.log_softmax(tf.einsum("ntd,dv->ntv", b["x"], w) + c)
        where = tf.repeat(b["lab"][:, None, :], frames, axis=1)
        emit = tf.transpose(tf.gather(logp, where, batch_dims=2), [1, 0, 2])
        first = tf.where(tf.range(states)[None] == 0, emit[0], -1e9)

        def advance(alpha, e):
            shifted = tf.pad(alpha[:, :-1], [[0, 0], [1, 0]], constant_values=-1e9)
            return tf.reduce_logsumexp(tf.stack([alpha, shifted]), axis=0) + e

        alphas = tf.scan(advance, emit[1:], initializer=first)
        ends = tf.stack([tf.range(m), b["len"]], axis=1)
        return -tf.reduce_mean(tf.gather_nd(alphas[-1], ends))

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
