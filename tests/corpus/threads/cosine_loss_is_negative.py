"""keras.losses.CosineSimilarity (a negative loss) against 1 - cosine, written out.

Source (real): https://github.com/tensorflow/tensorflow/issues/37896 and issues/34577 (sign and range of the loss),
https://github.com/facebookresearch/simsiam/issues/44 ("the value of the loss is negative").
Right answer: EQUIVALENT gradients; the values differ by exactly 1.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb = 25, 6, 4
    predictor = keras.layers.Dense(emb, name="predictor", dtype=f)
    predictor.build((None, d))
    predictor.set_weights([(0.6 * rng.standard_normal(p.shape)).astype(f) for p in predictor.get_weights()])
    batch = {"x": rng.standard_normal((n, d)).astype(f), "z": rng.standard_normal((n, emb)).astype(f)}
    criterion = keras.losses.CosineSimilarity(axis=-1)

    def reference(b):
        p = predictor(b["x"])
        m = p.shape[0]
        total = 0.0
        for i in range(m):
            dot = tf.tensordot(p[i], b["z"][i], 1)
            total += 1.0 - dot / (tf.norm(p[i]) * tf.norm(b["z"][i]))
        return total / m

    def candidate(b):
        return criterion(b["z"], predictor(b["x"]))

    return {
        "variables": predictor.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
