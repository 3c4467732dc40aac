"""BPR recommender: the confidence column (n, 1) from the data frame multiplies the pair losses (n,).

Origin (realistic): implicit-feedback trainer, df[["weight"]] (two brackets) instead of df["weight"].
Right answer: NOT equivalent; the (n, n) product averages to mean(weight) * mean(loss), weights no longer matter per pair.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'pair_loss = b["weight"] * tf.nn.softplus(neg - pos)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, users, items, e = 40, 7, 11, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    eu = tf.Variable(0.7 * arr(users, e), name="user_emb")
    ei = tf.Variable(0.7 * arr(items, e), name="item_emb")
    batch = {
        "user": rng.integers(0, users, n),
        "pos": rng.integers(0, items, n),
        "neg": rng.integers(0, items, n),
        "weight": rng.gamma(0.7, 2.0, (n, 1)).astype(f),
    }

    def reference(b):
        m = b["user"].shape[0]
        total = 0.0
        for i in range(m):
            u = eu[b["user"][i]]
            gap = tf.reduce_sum(u * (ei[b["pos"][i]] - ei[b["neg"][i]]))
            total += -b["weight"][i, 0] * tf.math.log_sigmoid(gap)
        return total / m

    @tf.function
    def candidate(b):
        u = tf.nn.embedding_lookup(eu, b["user"])
        pos = tf.reduce_sum(u * tf.nn.embedding_lookup(ei, b["pos"]), axis=-1)
        neg = tf.reduce_sum(u * tf.nn.embedding_lookup(ei, b["neg"]), axis=-1)
        pair_loss = b["weight"] * tf.nn.softplus(neg - pos)
        return tf.reduce_mean(pair_loss)

    return {"variables": [eu, ei], "batch": batch, "reference": reference, "candidate": candidate}
