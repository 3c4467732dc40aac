"""GLiNER2 clamps a half-precision probability at 1 - 1e-6, which rounds to 1: log1p(-1) makes the backward NaN.
Source: https://github.com/fastino-ai/GLiNER2/pull/155"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "probs = tf.minimum(probs, tf.cast(1.0 - 1e-6, probs.dtype))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n_pairs, d, n_heads = 8, 4, 3
    w = tf.Variable(rng.normal(size=(d,)).astype(fx), name="w")
    head_bias = tf.Variable(rng.normal(size=(n_heads,)).astype(fx) * 0.5, name="head_bias")

    def pair_probs(batch):
        return tf.sigmoid(tf.linalg.matvec(batch["pairs"], w) + 40.0 * batch["saturated"])

    def reference(batch):
        half = tf.cast(pair_probs(batch), tf.float16)
        p = tf.minimum(half, tf.cast(1.0 - 1e-2, tf.float16))
        log_survival = tf.math.log1p(-p) * tf.cast(batch["mask"], tf.float16)
        summed = tf.math.unsorted_segment_sum(log_survival, batch["head"], n_heads)
        any_pair = tf.cast(1 - tf.exp(summed), w.dtype)
        return tf.reduce_mean(tf.square(any_pair - tf.sigmoid(head_bias)))

    def candidate(batch):
        probs = tf.cast(pair_probs(batch), tf.float16)
        mask = tf.cast(batch["mask"], tf.float16)
        probs = probs * mask
        probs = tf.minimum(probs, tf.cast(1.0 - 1e-6, probs.dtype))
        log_survival = tf.math.log1p(-probs)
        summed = tf.math.unsorted_segment_sum(log_survival, batch["head"], n_heads)
        marginal = tf.cast(1.0 - tf.exp(summed), w.dtype)
        boundary = tf.sigmoid(head_bias)
        return tf.reduce_mean(tf.square(marginal - boundary))

    saturated = np.zeros(n_pairs)
    saturated[2] = 1
    mask = np.ones(n_pairs)
    mask[6] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"pairs": rng.normal(size=(n_pairs, d)).astype(fx), "saturated": saturated.astype(fx),
                      "mask": mask.astype(fx), "head": np.array([0, 0, 0, 1, 1, 1, 2, 2]).astype("int32")},
            "variables": [w, head_bias]}
