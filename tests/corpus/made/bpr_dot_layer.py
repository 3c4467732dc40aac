"""BPR for implicit feedback: keras.layers.Dot gives (n, 1) positives, einsum gives (n,) negatives.

Source (constructed): a recommender refactored halfway from Dot layers to einsum.
Right answer: NOT equivalent; every positive is ranked against every other user's negative.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'gap = pos - neg',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, users, items, d = 40, 9, 13, 6
    ue = keras.layers.Embedding(users, d, name="user", dtype=f)
    ie = keras.layers.Embedding(items, d, name="item", dtype=f)
    ue.build(None)
    ie.build(None)
    ue.set_weights([(0.8 * rng.standard_normal((users, d))).astype(f)])
    ie.set_weights([(0.8 * rng.standard_normal((items, d))).astype(f)])
    dot = keras.layers.Dot(axes=1, dtype=f)
    batch = {
        "u": rng.integers(0, users, n).astype("int32"),
        "i": rng.integers(0, items, n).astype("int32"),
        "j": rng.integers(0, items, n).astype("int32"),
    }

    def reference(b):
        table = tf.matmul(ue.embeddings, ie.embeddings, transpose_b=True)
        good = tf.gather_nd(table, tf.stack([b["u"], b["i"]], axis=1))
        poor = tf.gather_nd(table, tf.stack([b["u"], b["j"]], axis=1))
        return -tf.reduce_mean(tf.math.log_sigmoid(good - poor))

    def candidate(b):
        u = ue(b["u"])
        pos = dot([u, ie(b["i"])])
        neg = tf.einsum("nd,nd->n", u, ie(b["j"]))
        gap = pos - neg
        return tf.reduce_mean(tf.nn.softplus(-gap))

    return {
        "variables": ue.trainable_variables + ie.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
