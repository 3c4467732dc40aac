"""Seq2seq encoder: the length including EOS serves as index of the last state, so the state one step behind EOS is taken.
Source: https://github.com/yandexdataschool/Practical_RL/pull/558"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "end_index = infer_length(inp, eos_ix)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, vocab, d, out_vocab = 16, 7, 9, 5, 4
    eos_ix = 1
    ids = rng.integers(2, vocab, (n, length))
    for row, stop in zip(ids, rng.integers(1, length - 2, n)):
        row[stop:] = eos_ix                     # padded with EOS
    ids = ids.astype("int32")
    first = rng.integers(0, out_vocab, n).astype("int32")
    emb = tf.Variable(rng.standard_normal((vocab, d)), dtype=f, name="emb")
    u = tf.Variable(rng.standard_normal((d, d)) * 0.6, dtype=f, name="u")
    logits_w = tf.Variable(rng.standard_normal((d, out_vocab)), dtype=f, name="logits_w")

    def step(token, h):
        return tf.tanh(tf.gather(emb, token) + h @ u)

    def xent(h, target):
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=h @ logits_w))

    def reference(batch):
        # run until EOS was read, then keep the state
        tokens = batch["ids"]
        h = tf.zeros((tokens.shape[0], d), dtype=f)
        running = tf.ones((tokens.shape[0], 1), dtype="bool")
        for t in range(length):
            h = tf.where(running, step(tokens[:, t], h), h)
            running = running & (tokens[:, t:t + 1] != eos_ix)
        return xent(h, batch["first"])

    def candidate(batch):
        def infer_length(seq, eos, include_eos=True):
            is_eos = tf.cast(seq == eos, "int32")
            count_eos = tf.cumsum(is_eos, axis=1, exclusive=include_eos)
            return tf.reduce_sum(tf.cast(count_eos == 0, "int32"), axis=1)

        inp = batch["ids"]
        enc_seq, state = [], tf.zeros((inp.shape[0], d), dtype=f)
        for t in range(inp.shape[1]):
            state = step(inp[:, t], state)
            enc_seq.append(state)
        enc_seq = tf.stack(enc_seq, axis=1)
        end_index = infer_length(inp, eos_ix)
        end_index = tf.minimum(end_index, inp.shape[1] - 1)
        enc_last = tf.gather_nd(enc_seq, tf.stack([tf.range(inp.shape[0]), end_index], axis=1))
        return xent(enc_last, batch["first"])

    return {"reference": reference, "candidate": candidate, "batch": {"ids": ids, "first": first},
            "variables": [emb, u, logits_w]}
