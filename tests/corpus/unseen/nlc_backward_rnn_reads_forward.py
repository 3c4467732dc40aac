"""A bidirectional layer built from two dynamic RNNs: the backward cell gets the same, unreversed inputs as the
forward cell, while its outputs are flipped as if it had read from the end.
Source: https://github.com/stanfordmlgroup/nlc/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "bw_out = dynamic_rnn(bw, b[\"inp\"])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, dim, hid, vocab = 14, 5, 3, 4, 6

    def cell(name):
        return (tf.Variable(0.7 * rng.standard_normal((dim, hid)).astype(f), name=name + "_kernel"),
                tf.Variable(0.5 * rng.standard_normal((hid, hid)).astype(f), name=name + "_recurrent"),
                tf.Variable(0.1 * rng.standard_normal(hid).astype(f), name=name + "_bias"))

    fw, bw = cell("fw"), cell("bw")
    logits_w = tf.Variable(0.5 * rng.standard_normal((2 * hid, vocab)).astype(f), name="logits")
    batch = {
        "inp": rng.standard_normal((n, steps, dim)).astype(f),
        "tgt": rng.integers(0, vocab, (n, steps)).astype("int32"),
    }

    def reference(b):
        def sweep(order, params):
            k, u, c = params
            h, states = tf.zeros((n, hid), f), {}
            for t in order:
                h = tf.nn.tanh(b["inp"][:, t] @ k + h @ u + c)
                states[t] = h
            return states

        left = sweep(range(steps), fw)
        right = sweep(reversed(range(steps)), bw)
        loss = 0.0
        for t in range(steps):
            logits = tf.concat([left[t], right[t]], axis=1) @ logits_w
            loss += tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["tgt"][:, t], logits=logits))
        return loss / steps

    def candidate(b):
        def dynamic_rnn(params, inputs):
            kernel, recurrent, bias = params
            time_major = tf.transpose(inputs, (1, 0, 2))
            outs = tf.scan(
                lambda h, x: tf.tanh(tf.matmul(x, kernel) + tf.matmul(h, recurrent) + bias),
                time_major, initializer=tf.zeros((n, hid), f))
            return tf.transpose(outs, (1, 0, 2))

        fw_out = dynamic_rnn(fw, b["inp"])
        bw_out = dynamic_rnn(bw, b["inp"])
        both = tf.concat([fw_out, tf.reverse(bw_out, axis=[1])], axis=-1)
        logits = tf.reshape(tf.matmul(tf.reshape(both, (-1, 2 * hid)), logits_w), (n, steps, vocab))
        ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return ce(b["tgt"], logits)

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [*fw, *bw, logits_w]}
