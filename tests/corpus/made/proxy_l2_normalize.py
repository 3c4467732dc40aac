"""Cosine proxies (normalised softmax): l2_normalize of the embeddings without an axis.

Source (constructed after the documentation): tf.math.l2_normalize has axis=None as its default and then divides the
whole matrix by one norm. Right answer: NOT equivalent; the batch shares one norm.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'z = tf.math.l2_normalize(emb)',
    "same_forward_value": False,
}

_SCALE = 6.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, dim, classes = 23, 6, 4, 5
    w = tf.Variable((0.6 * rng.standard_normal((d, dim))).astype(f), name="embed_w")
    proxy = tf.Variable(rng.standard_normal((classes, dim)).astype(f), name="proxies")
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.integers(0, classes, n).astype("int32")}

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            e = tf.linalg.matvec(w, b["x"][i], transpose_a=True)
            cos = tf.linalg.matvec(proxy, e) / (tf.norm(e) * tf.norm(proxy, axis=1))
            total -= tf.nn.log_softmax(_SCALE * cos)[b["y"][i]]
        return total / m

    def candidate(b):
        emb = b["x"] @ w
        z = tf.math.l2_normalize(emb)
        p = tf.math.l2_normalize(proxy, axis=-1)
        logits = _SCALE * tf.einsum("nd,cd->nc", z, p)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=logits))

    return {"variables": [w, proxy], "batch": batch, "reference": reference, "candidate": candidate}
