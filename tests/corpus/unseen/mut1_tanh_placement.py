"""MUT1 recurrent cell: tanh is applied to the input projection only, not to the whole sum of the new state.

Source (real): https://github.com/lmjohns3/theanets/issues/109 (layers/recurrent.py, Theano, ported; "tanh() should be over the entire sum", fixed).
Right answer: NOT equivalent; the candidate state is not bounded any more.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "pre = tf.tanh(x_t @ xh) + (r_t * h_t) @ hh + b_h",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, vocab, emb, hid = 14, 5, 9, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    table = tf.Variable(0.7 * arr(vocab, emb), name="embedding")
    xh = tf.Variable(0.7 * arr(emb, hid), name="xh")
    xr = tf.Variable(0.7 * arr(emb, hid), name="xr")
    xz = tf.Variable(0.7 * arr(emb, hid), name="xz")
    hh = tf.Variable(0.5 * arr(hid, hid), name="hh")
    hr = tf.Variable(0.5 * arr(hid, hid), name="hr")
    b_h = tf.Variable(0.1 * arr(hid), name="b_h")
    out = tf.Variable(0.5 * arr(hid, vocab), name="softmax_w")
    batch = {"tokens": rng.integers(0, vocab, (n, steps + 1))}

    def reference(b):
        nll = 0.0
        for seq in tf.unstack(b["tokens"]):
            h = tf.zeros([1, hid], xh.dtype)
            for t in range(steps):
                e = table[seq[t]][None]
                reset, update = tf.sigmoid(e @ xr + h @ hr), tf.sigmoid(e @ xz)
                fresh = tf.tanh(tf.concat([e, reset * h], axis=1) @ tf.concat([xh, hh], axis=0) + b_h)
                h = update * fresh + (1.0 - update) * h
                nll -= tf.nn.log_softmax(h @ out)[0, seq[t + 1]]
        return nll / (len(b["tokens"]) * steps)

    def candidate(b):
        class MUT1(keras.layers.Layer):
            def step(self, x_t, h_t):
                r_t = tf.sigmoid(x_t @ xr + h_t @ hr)
                z_t = tf.sigmoid(x_t @ xz)
                pre = tf.tanh(x_t @ xh) + (r_t * h_t) @ hh + b_h
                return (1.0 - z_t) * h_t + z_t * pre

            def call(self, x):
                h = tf.zeros([tf.shape(x)[0], hid], x.dtype)
                states = []
                for x_t in tf.unstack(x, axis=1):
                    h = self.step(x_t, h)
                    states.append(h)
                return tf.stack(states, axis=1)

        hidden = MUT1()(tf.gather(table, b["tokens"][:, :-1]))
        logits = tf.einsum("nth,hv->ntv", hidden, out)
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["tokens"][:, 1:], logits=logits)
        )

    return {
        "variables": [table, xh, xr, xz, hh, hr, b_h, out],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
