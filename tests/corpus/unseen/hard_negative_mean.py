"""Batch-hard triplet loss: the hardest negative is the mean of the row instead of its minimum.

Source (real): https://github.com/yliess86/TripletTorch/issues/1 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "d_an = tf.reduce_mean(dist + max_dist * (1.0 - mask_an), axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, e = 20, 5, 3
    w = tf.Variable(0.6 * arr(d, e), name="embedding")
    batch = {"x": arr(n, d), "label": np.arange(n) % 4}

    def embed(b):
        return tf.tanh(b["x"] @ w)

    def reference(b):
        e_, y = embed(b), b["label"].numpy()
        terms = []
        for a in range(len(y)):
            to = [tf.reduce_sum((e_[a] - e_[j]) ** 2) for j in range(len(y))]
            far = tf.reduce_max(tf.stack([to[j] for j in range(len(y)) if y[j] == y[a] and j != a]))
            near = tf.reduce_min(tf.stack([to[j] for j in range(len(y)) if y[j] != y[a]]))
            terms.append(tf.math.log(1.0 + tf.exp(far - near)))
        return tf.add_n(terms) / len(terms)

    def candidate(b):
        emb = embed(b)
        dist = tf.reduce_sum(tf.square(emb[:, None] - emb[None]), axis=-1)
        same = b["label"][:, None] == b["label"][None]
        mask_ap = tf.cast(same, f) - tf.eye(len(emb), dtype=f)
        mask_an = 1.0 - tf.cast(same, f)
        max_dist = tf.reduce_max(dist, axis=1, keepdims=True)
        d_ap = tf.reduce_max(dist * mask_ap, axis=1)
        d_an = tf.reduce_mean(dist + max_dist * (1.0 - mask_an), axis=1)
        return tf.reduce_mean(tf.nn.softplus(d_ap - d_an))

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
