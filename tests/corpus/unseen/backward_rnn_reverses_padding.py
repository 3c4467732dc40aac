"""Backward half of a bidirectional RNN over padded sequences: the whole padded row is reversed, so that short sequences start with their padding; only the first `length` steps may be reversed.
Source: https://github.com/lmnt-com/haste/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'return tf.reverse(inputs, axis=[1])',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, T, d, H = 15, 7, 3, 4
    wx = tf.Variable(0.7 * rng.normal(size=(d, H)), dtype=f, name="wx")
    wh = tf.Variable(0.7 * rng.normal(size=(H, H)), dtype=f, name="wh")
    b = tf.Variable(0.4 * rng.normal(size=(H,)), dtype=f, name="b")
    head = tf.Variable(rng.normal(size=(H, 1)), dtype=f, name="head")
    length = rng.integers(2, T, size=n)
    x = rng.normal(size=(n, T, d)) * (np.arange(T)[None, :, None] < length[:, None, None])
    batch = {"x": x.astype(f), "length": length.astype("int32"), "y": rng.integers(0, 2, size=n).astype(f)}

    def reference(batch):
        h = tf.zeros((n, H), f)
        for t in reversed(range(T)):
            inside = (t < batch["length"])[:, None]
            h = tf.where(inside, tf.tanh(batch["x"][:, t] @ wx + h @ wh + b), h)
        z = tf.squeeze(h @ head, 1)
        return tf.reduce_mean(tf.nn.softplus(z) - batch["y"] * z)

    def candidate(batch):
        def reverse_sequence(inputs, lengths):
            return tf.reverse(inputs, axis=[1])

        def rnn(inputs):
            state, outputs = tf.zeros((n, H), f), []
            for frame in tf.unstack(inputs, axis=1):
                state = tf.nn.tanh(tf.matmul(frame, wx) + tf.matmul(state, wh) + b)
                outputs.append(state)
            return tf.stack(outputs, axis=1)

        def last_step(outputs, lengths):
            return tf.gather(outputs, lengths - 1, axis=1, batch_dims=1)

        y_bwd = rnn(reverse_sequence(batch["x"], batch["length"]))
        logits = tf.matmul(last_step(y_bwd, batch["length"]), head)[:, 0]
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wx, wh, b, head]}
