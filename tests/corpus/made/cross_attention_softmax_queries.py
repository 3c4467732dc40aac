"""Cross-attention memory reader: the softmax normalises over the queries instead of over the memory slots.

Source (realistic): seq2seq attention layers copied between (B, K, Q) and (B, Q, K) score layouts; `axis=1` was right
in Bahdanau-style code where scores are (B, T, 1).
Right answer: NOT equivalent; weights over the slots do not sum to one.
"""
import keras
import numpy as np
import tensorflow as tf
from keras import ops

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "weights = ops.softmax(scores, axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, queries, slots, d = 14, 3, 5, 4
    key = keras.layers.Dense(d, use_bias=False, name="key", dtype=f)
    val = keras.layers.Dense(2, name="value", dtype=f)
    key.build((None, slots, d))
    val.build((None, slots, d))
    for layer in (key, val):
        layer.set_weights([0.7 * rng.standard_normal(p.shape) for p in layer.get_weights()])
    batch = {
        "query": rng.standard_normal((n, queries, d)).astype(f),
        "memory": rng.standard_normal((n, slots, d)).astype(f),
        "target": rng.standard_normal((n, queries, 2)).astype(f),
    }

    def reference(b):
        m = b["query"].shape[0]
        total = 0.0
        for i in range(m):
            k, v = key(b["memory"][i : i + 1])[0], val(b["memory"][i : i + 1])[0]
            for j in range(queries):
                e = tf.exp(tf.linalg.matvec(k, b["query"][i, j]) / d**0.5)
                out = tf.reduce_sum(e[:, None] * v, axis=0) / tf.reduce_sum(e)
                total += tf.reduce_sum(tf.square(out - b["target"][i, j]))
        return total / (m * queries)

    def candidate(b):
        k, v = key(b["memory"]), val(b["memory"])
        scores = ops.einsum("bqd,bsd->bqs", b["query"], k) / d**0.5
        weights = ops.softmax(scores, axis=1)
        out = ops.matmul(weights, v)
        return ops.mean(ops.sum(ops.square(out - b["target"]), axis=-1))

    return {
        "variables": key.trainable_variables + val.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
