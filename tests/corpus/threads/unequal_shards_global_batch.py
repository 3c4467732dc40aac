"""Unequal shards: every shard sums its losses and divides by the global batch size, then the shards are added.

Source (real): https://github.com/tensorflow/tensorflow/issues/58938 (tf.nn.compute_average_loss with the global batch
size) and https://github.com/tensorflow/tensorflow/issues/28956.
Right answer: EQUIVALENT for shards of any size; what must not be done is to average within a shard.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 23, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    hidden = keras.layers.Dense(hid, activation="tanh", name="hidden", dtype=f)
    out = keras.layers.Dense(1, name="out", dtype=f)
    hidden.build((None, d))
    out.build((None, hid))
    for layer in (hidden, out):
        layer.set_weights([0.6 * arr(*p.shape) for p in layer.get_weights()])
    batch = {"x": arr(n, d), "y": arr(n, 1)}
    cuts = [0, 3, 10, n]

    def reference(b):
        return tf.reduce_mean(tf.square(out(hidden(b["x"])) - b["y"]))

    def candidate(b):
        def replica(lo, hi):
            each = keras.losses.mean_squared_error(b["y"][lo:hi], out(hidden(b["x"][lo:hi])))
            return tf.nn.compute_average_loss(each, global_batch_size=b["y"].shape[0])

        return sum(replica(lo, hi) for lo, hi in zip(cuts[:-1], cuts[1:], strict=True))

    return {
        "variables": hidden.trainable_variables + out.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
