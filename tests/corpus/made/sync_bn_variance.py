"""Synchronised batch normalisation: the variances of the shards are averaged, their means' spread is forgotten.

Source (constructed): cross-replica batch statistics combined from per-shard tf.nn.moments.
Right answer: NOT equivalent as soon as the shards have different means.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'var = tf.add_n([v for _, v in stats]) / _SHARDS',
    "same_forward_value": False,
}

_SHARDS = 4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 24, 3, 5
    lin = keras.layers.Dense(hid, use_bias=False, name="lin", dtype=f)
    lin.build((None, d))
    lin.set_weights([(0.7 * rng.standard_normal((d, hid))).astype(f)])
    gamma = tf.Variable((1.0 + 0.2 * rng.standard_normal(hid)).astype(f), name="gamma")
    beta = tf.Variable((0.3 * rng.standard_normal(hid)).astype(f), name="beta")
    out = tf.Variable((0.7 * rng.standard_normal((hid, 1))).astype(f), name="out_w")
    shift = np.repeat(rng.standard_normal((_SHARDS, d)), n // _SHARDS, axis=0)
    batch = {"x": (rng.standard_normal((n, d)) + shift).astype(f), "y": rng.standard_normal(n).astype(f)}

    def finish(h, b):
        pred = tf.squeeze(tf.nn.relu(gamma * h + beta) @ out, -1)
        return tf.reduce_mean(tf.square(pred - b["y"]))

    def reference(b):
        h = lin(b["x"])
        centred = h - tf.reduce_mean(h, axis=0)
        spread = tf.sqrt(tf.reduce_mean(tf.square(centred), axis=0) + 1e-3)
        return finish(centred / spread, b)

    def candidate(b):
        h = lin(b["x"])
        stats = [tf.nn.moments(s, axes=[0]) for s in tf.split(h, _SHARDS, axis=0)]
        mean = tf.add_n([m for m, _ in stats]) / _SHARDS
        var = tf.add_n([v for _, v in stats]) / _SHARDS
        return finish((h - mean) * tf.math.rsqrt(var + 1e-3), b)

    return {
        "variables": lin.trainable_variables + [gamma, beta, out],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
