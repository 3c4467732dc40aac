"""Prototypical network: |x|^2 - 2 x.p + |p|^2 by broadcasting against expanding both sides to (n, classes, d).

Source (real): https://github.com/pytorch/pytorch/issues/25156 (the expand form "as used in prototypical networks") and
https://github.com/pytorch/pytorch/issues/15918 (distances [batch, classes] wanted). PyTorch, ported.
Right answer: EQUIVALENT; (n, 1) + (1, classes) is the intended outer sum.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb, classes = 30, 6, 4, 5
    w = tf.Variable((0.5 * rng.standard_normal((d, emb))).astype(f), name="encoder")
    proto = tf.Variable((0.8 * rng.standard_normal((classes, emb))).astype(f), name="prototypes")
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.integers(0, classes, n)}

    def reference(b):
        z = tf.tile(tf.expand_dims(b["x"] @ w, 1), [1, classes, 1])
        p = tf.tile(tf.expand_dims(proto, 0), [z.shape[0], 1, 1])
        logp = tf.nn.log_softmax(-tf.reduce_sum(tf.pow(z - p, 2), axis=2))
        return -tf.reduce_mean(tf.gather(logp, b["y"], batch_dims=1))

    def candidate(b):
        z = b["x"] @ w
        sq_z = tf.reduce_sum(tf.square(z), axis=1, keepdims=True)
        sq_p = tf.transpose(tf.reduce_sum(tf.square(proto), axis=1, keepdims=True))
        dist = sq_z - 2.0 * tf.matmul(z, proto, transpose_b=True) + sq_p
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=-dist))

    return {"variables": [w, proto], "batch": batch, "reference": reference, "candidate": candidate}
