"""Two-tower retrieval with in-batch softmax: the item embeddings are L2-normalised over the batch, not over the features.

Origin (realistic): axis=0 left from a version that encoded one item at a time, shape (e,).
Right answer: NOT equivalent; similarities are no cosines and all items of the batch are coupled by the norm.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'item = tf.math.l2_normalize(b["item"] @ wi, axis=0)',
    "same_forward_value": False,
}

_TEMP = 0.3


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, du, di, e = 22, 5, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wu = tf.Variable(0.7 * arr(du, e), name="user_tower")
    wi = tf.Variable(0.7 * arr(di, e), name="item_tower")
    batch = {"user": arr(n, du), "item": arr(n, di)}

    def reference(b):
        m = b["user"].shape[0]
        us = [(b["user"][i : i + 1] @ wu)[0] for i in range(m)]
        its = [(b["item"][i : i + 1] @ wi)[0] for i in range(m)]
        us = [u / tf.norm(u) for u in us]
        its = [v / tf.norm(v) for v in its]
        total = 0.0
        for i in range(m):
            row = tf.stack([tf.reduce_sum(us[i] * v) / _TEMP for v in its])
            total += tf.reduce_logsumexp(row) - row[i]
        return total / m

    def candidate(b):
        user = tf.math.l2_normalize(b["user"] @ wu, axis=-1)
        item = tf.math.l2_normalize(b["item"] @ wi, axis=0)
        logits = tf.matmul(user, item, transpose_b=True) / _TEMP
        nll = tf.nn.softmax_cross_entropy_with_logits(
            labels=tf.eye(tf.shape(logits)[0], dtype=logits.dtype),
            logits=logits,
        )
        return tf.reduce_mean(nll)

    return {"variables": [wu, wi], "batch": batch, "reference": reference, "candidate": candidate}
