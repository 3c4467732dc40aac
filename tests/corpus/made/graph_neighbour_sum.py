"""GraphSAGE layer: neighbours are summed where the mean aggregator is specified.

Source (constructed): a dense neighbour loop rewritten with boolean_mask and segment operations.
Right answer: NOT equivalent; nodes with many neighbours get too large messages.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'agg = tf.math.unsorted_segment_sum(msg, owner, m)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, k = 27, 4, 5, 6
    own = keras.layers.Dense(hid, name="self_lin", dtype=f)
    near = keras.layers.Dense(hid, use_bias=False, name="near_lin", dtype=f)
    for layer in (own, near):
        layer.build((None, d))
        layer.set_weights([(0.6 * rng.standard_normal(p.shape)).astype(f) for p in layer.get_weights()])
    read = tf.Variable((0.6 * rng.standard_normal((hid, 1))).astype(f), name="readout")
    degree = rng.integers(1, k + 1, n)
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "nbr": rng.integers(0, n, (n, k)).astype("int32"),
        "has": np.arange(k)[None] < degree[:, None],
        "y": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            ids = [int(j) for j, ok in zip(b["nbr"][i], b["has"][i]) if bool(ok)]
            mean = tf.add_n([b["x"][j] for j in ids]) / len(ids)
            h = tf.tanh(own(b["x"][i : i + 1]) + near(mean[None]))
            total += tf.square((h @ read)[0, 0] - b["y"][i])
        return total / m

    def candidate(b):
        m = b["x"].shape[0]
        src = tf.boolean_mask(b["nbr"], b["has"])
        owner = tf.boolean_mask(tf.tile(tf.range(m)[:, None], [1, k]), b["has"])
        msg = near(tf.gather(b["x"], src))
        agg = tf.math.unsorted_segment_sum(msg, owner, m)
        h = tf.tanh(own(b["x"]) + agg)
        return tf.reduce_mean(tf.square(tf.squeeze(h @ read, -1) - b["y"]))

    return {
        "variables": own.trainable_variables + near.trainable_variables + [read],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
