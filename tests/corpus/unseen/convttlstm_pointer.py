"""Higher-order recurrent cell which keeps its last hidden states in a ring buffer with a moving pointer.
Source: https://github.com/NVlabs/conv-tt-lstm/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'hidden_pointer = (hidden_pointer + 1) % order',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, t_max, d, h, order, steps = 3, 6, 3, 4, 2, 4
    mk = lambda k, sh: tf.Variable(rng.normal(0, 0.5, sh).astype(fx), name=k)
    w_in, w_core, w_out = mk("w_in", (d, h)), mk("core", (order, (steps // order) * h, h)), mk("w_out", (h, 1))

    def reference(batch):
        history = [tf.zeros((n, h), dtype=w_in.dtype)] * steps
        per = steps // order
        out = []
        for t in range(t_max):
            pre = batch["frames"][:, t] @ w_in
            for o in range(order):
                pre += tf.concat(history[o * per:(o + 1) * per], axis=1) @ w_core[o]
            new = tf.tanh(pre)
            history = history[1:] + [new]
            out.append((new @ w_out)[:, 0])
        return tf.reduce_mean(tf.square(tf.stack(out, 1) - batch["target"]))

    def candidate(batch):
        hidden_states = [tf.zeros((n, h), dtype=w_in.dtype) for _ in range(steps)]
        hidden_pointer = 0
        outputs = []
        for frame in tf.unstack(batch["frames"], axis=1):
            input_pointer = hidden_pointer
            activation = tf.matmul(frame, w_in)
            for o in range(order):
                window = []
                for _ in range(steps // order):
                    window.append(hidden_states[input_pointer])
                    input_pointer = (input_pointer + 1) % steps
                activation += tf.matmul(tf.concat(window, axis=1), w_core[o])
            hidden_states[hidden_pointer] = tf.tanh(activation)
            outputs.append(tf.matmul(hidden_states[hidden_pointer], w_out))
            hidden_pointer = (hidden_pointer + 1) % order
        pred = tf.concat(outputs, axis=1)
        return tf.reduce_mean((pred - batch["target"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"frames": rng.normal(size=(n, t_max, d)).astype(fx), "target": rng.normal(size=(n, t_max)).astype(fx)},
            "variables": [w_in, w_core, w_out]}
