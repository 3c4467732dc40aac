"""SimCLR NT-Xent: the (n, n) self-similarities get one_hot * 1e9 subtracted instead of leaving the diagonal out.

Source (real): https://github.com/google-research/simclr/issues/20 (TensorFlow; asks whether the mask is right).
Right answer: EQUIVALENT; exp(-1e9) is exactly 0, so the masked logits take no part in the softmax, nor in the gradient.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_TEMPERATURE = 0.5
_LARGE_NUM = 1e9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb = 14, 6, 4
    w = tf.Variable((0.6 * rng.standard_normal((d, emb))).astype(f), name="projection")
    x = rng.standard_normal((n, d))
    batch = {
        "view_a": (x + 0.3 * rng.standard_normal((n, d))).astype(f),
        "view_b": (x + 0.3 * rng.standard_normal((n, d))).astype(f),
    }

    def embed(x):
        return tf.math.l2_normalize(x @ w, axis=-1)

    def reference(b):
        one, two = embed(b["view_a"]), embed(b["view_b"])
        m = one.shape[0]
        total = 0.0
        for i in range(m):
            for mine, other in ((one, two), (two, one)):
                cross = tf.linalg.matvec(other, mine[i]) / _TEMPERATURE
                same = tf.linalg.matvec(mine, mine[i]) / _TEMPERATURE
                same = tf.concat([same[:i], same[i + 1 :]], axis=0)
                total += tf.reduce_logsumexp(tf.concat([cross, same], axis=0)) - cross[i]
        return total / m

    def candidate(b):
        one, two = embed(b["view_a"]), embed(b["view_b"])
        size = one.shape[0]
        masks = tf.one_hot(tf.range(size), size, dtype=one.dtype)
        logits_aa = tf.matmul(one, one, transpose_b=True) / _TEMPERATURE - masks * _LARGE_NUM
        logits_bb = tf.matmul(two, two, transpose_b=True) / _TEMPERATURE - masks * _LARGE_NUM
        logits_ab = tf.matmul(one, two, transpose_b=True) / _TEMPERATURE
        logits_ba = tf.matmul(two, one, transpose_b=True) / _TEMPERATURE
        labels = tf.one_hot(tf.range(size), size * 2, dtype=one.dtype)
        loss_a = tf.nn.softmax_cross_entropy_with_logits(labels, tf.concat([logits_ab, logits_aa], 1))
        loss_b = tf.nn.softmax_cross_entropy_with_logits(labels, tf.concat([logits_ba, logits_bb], 1))
        return tf.reduce_mean(loss_a + loss_b)

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
