"""Bidirectional layer for sequence labelling: the output of the backward RNN has to be put back into time order.
`Xb[::-1]` flips the samples of the batch instead of the time steps.
Source: https://github.com/EderSantana/seya/issues/32"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "xb = xb[::-1]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, h = 12, 5, 3, 4
    x = rng.normal(size=(n, t, d)).astype(f)
    y = rng.normal(size=(n, t)).astype(f)

    def init(*shape):
        return (0.5 * rng.normal(size=shape)).astype(f)

    wf, uf = tf.Variable(init(d, h), name="wf"), tf.Variable(init(h, h), name="uf")
    wb, ub = tf.Variable(init(d, h), name="wb"), tf.Variable(init(h, h), name="ub")
    head = tf.Variable(init(2 * h), name="head")

    def reference(batch):
        seq = tf.unstack(batch["x"], axis=1)
        left, right = [], [None] * t
        state = tf.zeros((n, h), dtype=f)
        for s in seq:
            state = tf.tanh(s @ wf + state @ uf)
            left.append(state)
        state = tf.zeros((n, h), dtype=f)
        for k in range(t - 1, -1, -1):
            state = tf.tanh(seq[k] @ wb + state @ ub)
            right[k] = state
        err = 0.0
        for k in range(t):
            score = tf.linalg.matvec(left[k], head[:h]) + tf.linalg.matvec(right[k], head[h:])
            err += tf.reduce_mean((score - batch["y"][:, k]) ** 2)
        return err / t

    def candidate(batch):
        class Recurrent:
            def __init__(self, w, u, go_backwards=False):
                self.w, self.u, self.go_backwards = w, u, go_backwards

            def get_output(self, train):
                steps = tf.transpose(train, [1, 0, 2])
                if self.go_backwards:
                    steps = tf.reverse(steps, axis=[0])
                states = tf.scan(lambda a, s: tf.tanh(tf.matmul(s, self.w) + tf.matmul(a, self.u)),
                                 steps, initializer=tf.zeros((n, h), dtype=f))
                return tf.transpose(states, [1, 0, 2])

        forward, backward = Recurrent(wf, uf), Recurrent(wb, ub, go_backwards=True)
        xf = forward.get_output(batch["x"])
        xb = backward.get_output(batch["x"])
        xb = xb[::-1]
        merged = tf.concat([xf, xb], axis=-1)
        scores = tf.tensordot(merged, head, axes=1)
        return tf.reduce_mean(tf.square(scores - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y}, "variables": [wf, uf, wb, ub, head]}
