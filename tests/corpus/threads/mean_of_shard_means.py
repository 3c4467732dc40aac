"""Data parallelism by hand: mean per shard, divided by the number of shards, all shards of the same size.

Source (real): https://github.com/captain-pool/GSOC/issues/57 (TensorFlow; "reduce_mean and then dividing by the number
of synced replicas" against reduce_sum over the global batch size).
Right answer: EQUIVALENT, because the shards hold equally many samples.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_REPLICAS = 4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, classes = 24, 7, 5
    head = keras.layers.Dense(classes, name="logits", dtype=f)
    head.build((None, d))
    head.set_weights([(0.5 * rng.standard_normal(p.shape)).astype(f) for p in head.get_weights()])
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.integers(0, classes, n)}

    @tf.function
    def per_example(x, y):
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=head(x))

    def reference(b):
        return tf.reduce_sum(per_example(b["x"], b["y"])) / b["y"].shape[0]

    def candidate(b):
        shards = zip(tf.split(b["x"], _REPLICAS), tf.split(b["y"], _REPLICAS), strict=True)
        return tf.add_n([tf.reduce_mean(per_example(x, y)) / _REPLICAS for x, y in shards])

    return {
        "variables": head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
