"""Bidirectional SimpleRNN with masked padding: the hidden states of the backward pass depend on where the padding stands.
Source: https://github.com/keras-team/keras/issues/4192"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "backward = rnn(tf.reverse(x, axis=[1]), mask, *bwd)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, vocab, dim, units = 12, 6, 9, 4, 5
    table = tf.Variable(rng.normal(size=(vocab, dim)), dtype=f, name="embedding")
    mk = lambda s, *shape: tf.Variable(rng.normal(size=shape) * 0.5, dtype=f, name=s)
    fwd = [mk("fwd_kernel", dim, units), mk("fwd_recurrent", units, units), mk("fwd_bias", units)]
    bwd = [mk("bwd_kernel", dim, units), mk("bwd_recurrent", units, units), mk("bwd_bias", units)]
    out = mk("out", 2 * units, 1)
    lengths = rng.integers(2, steps, size=n)
    ids = rng.integers(1, vocab, size=(n, steps)) * (np.arange(steps)[None, :] < lengths[:, None])
    batch = {"ids": ids.astype("int32"), "y": rng.integers(0, 2, size=(n, 1)).astype(f)}

    def bce(logit, y):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logit))

    def reference(batch):
        logits = []
        for i in range(n):
            words = [tf.gather(table, batch["ids"][i, t]) for t in range(int(lengths[i]))]
            ends = []
            for (w, u, b), order in ((fwd, words), (bwd, words[::-1])):
                h = tf.zeros((units,), f)
                for x in order:
                    h = tf.tanh(tf.linalg.matvec(w, x, transpose_a=True)
                                + tf.linalg.matvec(u, h, transpose_a=True) + b)
                ends.append(h)
            logits.append(tf.tensordot(tf.concat(ends, 0), out, 1))
        return bce(tf.stack(logits), batch["y"])

    def candidate(batch):
        def rnn(inputs, mask, kernel, recurrent, bias):
            state = tf.zeros((n, units), f)
            for t in range(steps):
                new = tf.tanh(inputs[:, t] @ kernel + state @ recurrent + bias)
                state = tf.where(mask[:, t, None], new, state)
            return state

        x = tf.nn.embedding_lookup(table, batch["ids"])
        mask = tf.not_equal(batch["ids"], 0)
        forward = rnn(x, mask, *fwd)
        backward = rnn(tf.reverse(x, axis=[1]), mask, *bwd)
        merged = keras.ops.concatenate([forward, backward], axis=-1)
        return bce(merged @ out, batch["y"])

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [table, *fwd, *bwd, out]}
