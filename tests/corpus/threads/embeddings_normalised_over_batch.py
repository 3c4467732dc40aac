"""Supervised contrastive learning: embeddings are L2-normalised over axis 0, the batch.

Source (real): https://github.com/alireza-nasiri/SoundCLR/issues/4 ("should it be through dim=1?"),
https://github.com/gabeur/mmt/issues/1 (the same, fixed). PyTorch, ported.
Right answer: NOT equivalent; features are scaled by the whole batch, no embedding has length 1.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'z = tf.math.l2_normalize(encoder(b["x"]), axis=0)',
    "same_forward_value": False,
}

_T = 0.4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb = 20, 6, 4
    encoder = keras.layers.Dense(emb, name="encoder", dtype=f)
    encoder.build((None, d))
    encoder.set_weights([(0.5 * rng.standard_normal(p.shape)).astype(f) for p in encoder.get_weights()])
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": np.arange(n) % 3}

    def reference(b):
        h = encoder(b["x"])
        rows = [h[i] / tf.sqrt(tf.reduce_sum(tf.square(h[i]))) for i in range(h.shape[0])]
        return supervised_contrastive(tf.stack(rows), b["y"])

    def candidate(b):
        z = tf.math.l2_normalize(encoder(b["x"]), axis=0)
        return supervised_contrastive(z, b["y"])

    def supervised_contrastive(z, y):
        m = z.shape[0]
        off = 1.0 - tf.eye(m, dtype=z.dtype)
        logits = tf.matmul(z, z, transpose_b=True) / _T
        log_prob = logits - tf.math.log(tf.reduce_sum(tf.exp(logits) * off, axis=1, keepdims=True))
        same = tf.cast(y[:, None] == y[None, :], z.dtype) * off
        return -tf.reduce_mean(tf.reduce_sum(same * log_prob, 1) / tf.reduce_sum(same, 1))

    return {
        "variables": encoder.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
