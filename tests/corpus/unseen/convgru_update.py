"""ConvGRU cell: the update gate keeps the old state where the paper lets it admit the candidate.
Source: https://github.com/bionick87/ConvGRUCell-pytorch/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'next_h = update_gate * hidden + (1.0 - update_gate) * ct',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, T, S, c, f = 2, 3, 4, 2, 3
    k_gates = tf.Variable(normal(3, 3, c + f, 2 * f, scale=0.4), name="k_gates")
    b_gates = tf.Variable(normal(2 * f) + 0.8, name="b_gates")
    k_cand = tf.Variable(normal(3, 3, c + f, f, scale=0.4), name="k_cand")

    def reference(batch):
        s = tf.zeros((n, S, S, f), k_gates.dtype)
        for t in range(T):
            x = batch["frames"][:, t]
            g = tf.sigmoid(tf.nn.conv2d(tf.concat([x, s], -1), k_gates, 1, "SAME") + b_gates)
            r, u = g[..., :f], g[..., f:]
            cand = tf.tanh(tf.nn.conv2d(tf.concat([x, r * s], -1), k_cand, 1, "SAME"))
            s = s + u * (cand - s)
        return tf.reduce_mean(tf.square(s - batch["y"]))

    def candidate(batch):
        def step(x, hidden):
            stacked = keras.ops.concatenate([x, hidden], axis=-1)
            gates = keras.ops.conv(stacked, k_gates, padding="same") + b_gates
            reset_gate, update_gate = (tf.sigmoid(p) for p in tf.split(gates, 2, axis=-1))
            gated = keras.ops.concatenate([x, reset_gate * hidden], axis=-1)
            ct = tf.tanh(keras.ops.conv(gated, k_cand, padding="same"))
            next_h = update_gate * hidden + (1.0 - update_gate) * ct
            return next_h

        hidden = tf.zeros((n, S, S, f), k_gates.dtype)
        for x in tf.unstack(batch["frames"], axis=1):
            hidden = step(x, hidden)
        return tf.reduce_mean((hidden - batch["y"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"frames": normal(n, T, S, S, c), "y": normal(n, S, S, f)}, "variables": [k_gates, b_gates, k_cand]}
