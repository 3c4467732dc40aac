"""BPR: softplus(negative - positive) against -log sigmoid(positive - negative), with embedding look-ups.

Source (real): https://github.com/gusye1234/LightGCN-PyTorch/issues/37 and issues/30 ("these do not seem to be
mathematically equivalent"; they are). PyTorch, ported.
Right answer: EQUIVALENT; the gradients of the tables are sparse (IndexedSlices) with repeated rows.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, users, items, emb = 31, 7, 9, 4
    user_table = tf.Variable((0.7 * rng.standard_normal((users, emb))).astype(f), name="user_table")
    item_table = tf.Variable((0.7 * rng.standard_normal((items, emb))).astype(f), name="item_table")
    batch = {"user": rng.integers(0, users, n), "pos": rng.integers(0, items, n), "neg": rng.integers(0, items, n)}

    def reference(b):
        m = b["user"].shape[0]
        total = 0.0
        for i in range(m):
            u = user_table[int(b["user"][i])]
            margin = tf.reduce_sum(u * (item_table[int(b["pos"][i])] - item_table[int(b["neg"][i])]))
            total -= tf.math.log(tf.sigmoid(margin))
        return total / m

    def candidate(b):
        u, p, q = (
            tf.nn.embedding_lookup(table, b[key])
            for table, key in ((user_table, "user"), (item_table, "pos"), (item_table, "neg"))
        )
        return tf.reduce_mean(tf.nn.softplus(tf.reduce_sum(u * q, -1) - tf.reduce_sum(u * p, -1)))

    return {
        "variables": [user_table, item_table],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
