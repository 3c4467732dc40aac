"""L2 normalisation adds eps to the squared norm under the root; with small inputs the result is far from unit length.

Source (real): https://github.com/apple/axlearn/pull/21 (JAX, ported).
Right answer: NOT equivalent; the embeddings here are about 1e-5 and eps = 1e-8 outweighs their squares.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "return x * tf.math.rsqrt(tf.reduce_sum(x * x, axis=-1, keepdims=True) + self.eps)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, dim, classes = 21, 5, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    proj = tf.Variable(0.6 * arr(d, dim), name="proj")
    centres = tf.Variable(arr(classes, dim), name="centres")
    batch = {"feature": (3e-5 * arr(n, d)).astype(f), "label": rng.integers(0, classes, n)}

    def reference(b):
        x = b["feature"] @ proj
        length = tf.maximum(tf.norm(x, axis=-1, keepdims=True), 1e-8)
        cosine = tf.matmul(x / length, centres, transpose_b=True)
        log_z = tf.reduce_logsumexp(cosine, axis=1)
        picked = tf.reduce_sum(tf.one_hot(b["label"], classes, dtype=f) * cosine, axis=1)
        return tf.reduce_mean(log_z - picked)

    def candidate(b):
        class L2Norm:
            def __init__(self, eps=1e-8):
                self.eps = eps

            def __call__(self, x):
                return x * tf.math.rsqrt(tf.reduce_sum(x * x, axis=-1, keepdims=True) + self.eps)

        norm = L2Norm()
        emb = norm(tf.matmul(b["feature"], proj))
        logits = tf.einsum("nd,kd->nk", emb, centres)
        return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(b["label"], logits, from_logits=True))

    return {"variables": [proj, centres], "batch": batch, "reference": reference, "candidate": candidate}
