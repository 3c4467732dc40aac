"""L2 normalization by x * min(rsqrt(sum of squares), 1 / epsilon), suspected to give NaN gradients for a zero vector.

Source (real): https://github.com/keras-team/keras/issues/23075 (ops.normalize with order=2; the report is about the torch backend).
Right answer: EQUIVALENT in TensorFlow. rsqrt(0) is inf, but the minimum passes nothing back for that row and the gradient of rsqrt
is a plain zero where the incoming gradient is zero, so both forms agree, in the zero row too.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, dim, classes = 23, 6, 4, 5
    epsilon = 1e-6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    embed = tf.Variable(0.5 * arr(d, dim), name="embed")
    proxies = tf.Variable(arr(classes, dim), name="proxies")
    feats = arr(n, d)
    feats[7] = 0.0
    batch = {"feats": feats, "label": rng.integers(0, classes, n)}

    def reference(b):
        def unit(v):
            size2 = tf.reduce_sum(v * v, axis=-1, keepdims=True)
            return v / tf.sqrt(tf.maximum(size2, tf.constant(epsilon**2, v.dtype)))

        logits = 4.0 * unit(b["feats"] @ embed) @ tf.transpose(unit(proxies))
        own = tf.reduce_sum(logits * tf.one_hot(b["label"], classes, dtype=logits.dtype), axis=-1)
        return tf.reduce_mean(tf.reduce_logsumexp(logits, axis=-1) - own)

    def candidate(b):
        def normalize(x, axis=-1):
            # A special case: L2 normalization with `x * rsqrt(...)` instead of `x / sqrt(...)`
            square_sum = tf.reduce_sum(tf.square(x), axis=axis, keepdims=True)
            inv_norm = tf.math.rsqrt(square_sum)
            inv_norm = tf.minimum(inv_norm, tf.constant(1.0 / epsilon, x.dtype))
            return x * inv_norm

        z, p = normalize(tf.matmul(b["feats"], embed)), normalize(proxies)
        cos = tf.einsum("nd,cd->nc", z, p)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=4.0 * cos)
        return tf.reduce_mean(loss)

    return {"variables": [embed, proxies], "batch": batch, "reference": reference, "candidate": candidate}
