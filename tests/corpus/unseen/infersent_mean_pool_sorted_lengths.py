"""InferSent sorts the sentences by length for the RNN and puts the hidden states back in the original order,
but divides them by the lengths in sorted order in the mean pooling.
Source: https://github.com/facebookresearch/InferSent/issues/51"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "emb = tf.reduce_sum(sent_output, axis=1) / tf.cast(sent_len, f)[:, None]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, dim, hid = 12, 6, 3, 4
    wx = tf.Variable(0.6 * rng.standard_normal((dim, hid)).astype(f), name="wx")
    wh = tf.Variable(0.4 * rng.standard_normal((hid, hid)).astype(f), name="wh")
    cls = tf.Variable(rng.standard_normal((hid, 1)).astype(f), name="cls")
    batch = {
        "words": rng.standard_normal((n, steps, dim)).astype(f),
        "length": rng.permutation(np.tile(np.arange(1, steps + 1), 2)).astype("int32"),
        "y": rng.standard_normal((n, 1)).astype(f),
    }

    def reference(b):
        sentences = []
        for i in range(n):
            h, states = tf.zeros((1, hid), f), []
            for t in range(int(b["length"][i])):
                h = tf.nn.tanh(b["words"][i:i + 1, t] @ wx + h @ wh)
                states.append(h)
            sentences.append(tf.add_n(states) / len(states))
        return tf.reduce_mean((tf.concat(sentences, axis=0) @ cls - b["y"]) ** 2)

    def candidate(b):
        def packed_rnn(x, lengths):
            h, outs = tf.zeros((n, hid), f), []
            for t in range(steps):
                alive = tf.cast(t < lengths, f)[:, None]
                h = alive * tf.tanh(tf.matmul(x[:, t], wx) + tf.matmul(h, wh)) + (1 - alive) * h
                outs.append(alive * h)
            return tf.stack(outs, axis=1)

        idx_sort = tf.argsort(b["length"], direction="DESCENDING", stable=True)
        idx_unsort = tf.argsort(idx_sort)
        sent_len = tf.gather(b["length"], idx_sort)
        sent_output = packed_rnn(tf.gather(b["words"], idx_sort), sent_len)
        sent_output = tf.gather(sent_output, idx_unsort)
        emb = tf.reduce_sum(sent_output, axis=1) / tf.cast(sent_len, f)[:, None]
        return keras.losses.MeanSquaredError()(b["y"], tf.matmul(emb, cls))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wx, wh, cls]}
