"""Multi-label BCE with per-row weights: Keras divides by the batch size, not by the sum of the weights.

Source (constructed): keras.losses default reduction "sum_over_batch_size" against a weighted mean (Keras 3 offers
"mean_with_sample_weight" for it). Right answer: NOT equivalent; loss and gradients are off by mean(weight).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'bce = keras.losses.BinaryCrossentropy(from_logits=True)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, tags = 28, 5, 6
    w = tf.Variable((0.7 * rng.standard_normal((d, tags))).astype(f), name="tag_w")
    c = tf.Variable((0.3 * rng.standard_normal(tags)).astype(f), name="tag_b")
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "y": (rng.random((n, tags)) < 0.3).astype(f),
        "weight": rng.uniform(0.1, 0.7, n).astype(f),
    }

    def reference(b):
        z = b["x"] @ w + c
        ll = b["y"] * tf.math.log_sigmoid(z) + (1.0 - b["y"]) * tf.math.log_sigmoid(-z)
        return -tf.einsum("n,nk->", b["weight"], ll) / (tags * tf.reduce_sum(b["weight"]))

    def candidate(b):
        bce = keras.losses.BinaryCrossentropy(from_logits=True)
        return bce(b["y"], b["x"] @ w + c, sample_weight=b["weight"])

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
