"""Data-parallel loss: each replica takes the mean of its shard and divides by the number of replicas; looks like a
mean of means.

Source: realistic (tf.distribute questions on scaling by the global batch size).
Right answer: EQUIVALENT; all shards have the same number of rows and each row the same number of elements.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_REPLICAS = 4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, outs = 24, 5, 3
    net = keras.Sequential(
        [
            keras.layers.Input((d,), dtype=f),
            keras.layers.Dense(7, activation="gelu", name="h", dtype=f),
            keras.layers.Dense(outs, name="o", dtype=f),
        ]
    )
    net.set_weights([0.6 * rng.standard_normal(p.shape).astype(f) for p in net.get_weights()])
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.standard_normal((n, outs)).astype(f)}

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            err = net(b["x"][i : i + 1])[0] - b["y"][i]
            total += tf.reduce_sum(tf.math.log(tf.cosh(err)))
        return total / (m * outs)

    def replica_step(shard):
        x, y = shard
        err = net(x) - y
        return tf.reduce_mean(tf.reduce_mean(tf.math.log(tf.cosh(err)), axis=-1)) / _REPLICAS

    def candidate(b):
        shards = zip(tf.split(b["x"], _REPLICAS), tf.split(b["y"], _REPLICAS))
        losses = [replica_step(shard) for shard in shards]
        return tf.add_n(losses)

    return {"variables": net.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
