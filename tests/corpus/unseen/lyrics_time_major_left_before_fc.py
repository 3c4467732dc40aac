"""A rap-lyrics generator still transposes its inputs to time-major (for an RNN that was replaced by a fully connected
layer) before it flattens them, so each row of the FC layer mixes several lines.
Source: https://github.com/TobiasLee/Chinese-Hip-pop-Generation/pull/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "x = tf.transpose(x, perm=[1, 0, 2])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, T, vocab, dim, hid = 16, 5, 9, 4, 6
    emb = keras.Variable((0.6 * rng.standard_normal((vocab, dim))).astype(f), name="emb")
    fc = keras.Variable((0.4 * rng.standard_normal((T * dim, hid))).astype(f), name="fc")
    out = keras.Variable((0.5 * rng.standard_normal((hid, vocab))).astype(f), name="out")
    batch = {
        "line": rng.integers(0, vocab, (n, T)).astype("int32"),
        "next": rng.integers(0, vocab, n).astype("int32"),
    }

    def reference(batch):
        blocks = tf.reshape(fc, [T, dim, hid])
        state = 0.0
        for t in range(T):
            state += tf.gather(emb, batch["line"][:, t]) @ blocks[t]
        scores = tf.tanh(state) @ out
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["next"], logits=scores))

    def candidate(batch):
        class Encoder:
            def __init__(self, sequence_length):
                self.sequence_length = sequence_length

            def embed(self, ids):
                x = tf.nn.embedding_lookup(tf.convert_to_tensor(emb), ids)
                x = tf.transpose(x, perm=[1, 0, 2])
                return x

            def __call__(self, ids):
                x = self.embed(ids)
                flat = tf.reshape(x, [-1, self.sequence_length * dim])
                return keras.activations.tanh(tf.matmul(flat, fc))

        logits = tf.matmul(Encoder(T)(batch["line"]), out)
        target = tf.one_hot(batch["next"], vocab, dtype=logits.dtype)
        return -tf.reduce_mean(tf.reduce_sum(target * tf.nn.log_softmax(logits), axis=1))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, fc, out]}
