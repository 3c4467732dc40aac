"""One trajectory as a batch of one: rnn(x[None])[0], the samples are the time steps.

Source (real): https://github.com/facebookresearch/odin/issues/19 ("is nnOutputs[0] the first sample in the batch?"; the
batch size is 1) and https://github.com/filby89/spectre/issues/25 (a leading axis of 1 before the T frames).
PyTorch, ported.
Right answer: EQUIVALENT; the [0] removes the artificial axis and keeps every step.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, units = 13, 3, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    rnn = keras.layers.SimpleRNN(units, return_sequences=True, name="rnn", dtype=f)
    rnn.build((None, None, d))
    rnn.set_weights([0.5 * arr(*p.shape) for p in rnn.get_weights()])
    out = tf.Variable(0.7 * arr(units, 1), name="readout")
    batch = {"x": arr(n, d), "y": arr(n)}

    def reference(b):
        kernel, recurrent, bias = rnn.trainable_variables
        state, total = tf.zeros([1, units], b["x"].dtype), 0.0
        m = b["y"].shape[0]
        for step in range(m):
            state = tf.tanh(b["x"][step : step + 1] @ kernel + state @ recurrent + bias)
            total += tf.square((state @ out)[0, 0] - b["y"][step])
        return total / m

    def candidate(b):
        features = rnn(b["x"][tf.newaxis])[0]
        return tf.reduce_mean((tf.squeeze(features @ out, axis=1) - b["y"]) ** 2)

    return {
        "variables": [*rnn.trainable_variables, out],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
