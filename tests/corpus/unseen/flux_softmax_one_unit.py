"""Regression network with a softmax on its single output: the output is 1 whatever happens and the loss never moves.

Source (real): https://github.com/FluxML/Flux.jl/issues/1546 (Julia, ported; without the softmax the network works).
Right answer: NOT equivalent; all gradients are exactly zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": 'return tf.nn.softmax(linear2(tf.sigmoid(linear1(x))), axis=-1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, inp, hid = 24, 2, 3

    W1 = tf.Variable(arr(inp, hid), name="linear1_W")
    b1 = tf.Variable(0.3 * arr(hid), name="linear1_b")
    W2 = tf.Variable(arr(hid, 1), name="linear2_W")
    b2 = tf.Variable(0.3 * arr(1), name="linear2_b")
    batch = {"x": arr(n, inp), "y": rng.random((n, 1)).astype(f)}

    def reference(b):
        err = 0.0
        for x, y in zip(b["x"], b["y"]):
            hidden = 1.0 / (1.0 + tf.exp(-(tf.linalg.matvec(W1, x, transpose_a=True) + b1)))
            err += (tf.reduce_sum(hidden * W2[:, 0]) + b2[0] - y[0]) ** 2
        return err / b["x"].shape[0]

    def candidate(b):
        def linear(W, bias):
            return lambda x: x @ W + bias

        def custom_net():
            linear1, linear2 = linear(W1, b1), linear(W2, b2)

            def model(x):
                return tf.nn.softmax(linear2(tf.sigmoid(linear1(x))), axis=-1)

            return model

        m = custom_net()
        return tf.reduce_mean(tf.square(m(b["x"]) - b["y"]))

    return {"variables": [W1, b1, W2, b2], "batch": batch, "reference": reference, "candidate": candidate}
