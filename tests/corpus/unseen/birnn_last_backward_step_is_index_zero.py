"""A student suspects that taking index 0 of a bidirectional RNN's backward outputs returns padding; the packed
RNN returns aligned outputs, so index 0 is the state after the whole sequence was read from its end.
Source: https://github.com/slp-ntua/patrec-labs/issues/210"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, dim, hid, classes = 13, 6, 3, 4, 5

    def cell(name):
        return [tf.Variable(0.7 * rng.standard_normal((dim, hid)).astype(f), name=name + "_x"),
                tf.Variable(0.5 * rng.standard_normal((hid, hid)).astype(f), name=name + "_h")]

    fw, bw = cell("fw"), cell("bw")
    fc = tf.Variable(0.6 * rng.standard_normal((2 * hid, classes)).astype(f), name="fc")
    batch = {
        "x": rng.standard_normal((n, steps, dim)).astype(f),
        "lengths": rng.integers(1, steps + 1, n).astype("int32"),
        "y": rng.integers(0, classes, n).astype("int32"),
    }

    def reference(b):
        def read(frames, params):
            h = tf.zeros((1, hid), f)
            for x in frames:
                h = tf.nn.tanh(x[None] @ params[0] + h @ params[1])
            return h

        total = 0.0
        for i in range(n):
            frames = tf.unstack(b["x"][i])[: int(b["lengths"][i])]
            rep = tf.concat([read(frames, fw), read(frames[::-1], bw)], axis=-1)
            total -= tf.nn.log_softmax(rep @ fc)[0, int(b["y"][i])]
        return total / n

    def candidate(b):
        def rnn(inputs, kernel, recurrent):
            def step(h, x):
                return tf.tanh(tf.matmul(x, kernel) + tf.matmul(h, recurrent))

            outs = tf.scan(step, tf.transpose(inputs, (1, 0, 2)), tf.zeros((n, hid), f))
            return tf.transpose(outs, (1, 0, 2))

        def bidirectional(x, lengths):
            forward = rnn(x, *fw)
            backward = rnn(tf.reverse_sequence(x, lengths, seq_axis=1), *bw)
            backward = tf.reverse_sequence(backward, lengths, seq_axis=1)
            return tf.concat([forward, backward], axis=-1)

        def last_timestep(outputs, lengths):
            last_forward, last_backward = outputs[..., :hid], outputs[..., hid:]
            last_forward = tf.gather(last_forward, lengths - 1, axis=1, batch_dims=1)
            return tf.concat([last_forward, last_backward[:, 0, :]], axis=-1)

        rep = last_timestep(bidirectional(b["x"], b["lengths"]), b["lengths"])
        ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return ce(b["y"], tf.matmul(rep, fc))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [*fw, *bw, fc]}
