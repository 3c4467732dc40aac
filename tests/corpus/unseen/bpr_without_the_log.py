"""BPR written as 1 - sigmoid(pos - neg): the logarithm of the paper is forgotten.

Source (real): https://github.com/maciejkula/spotlight/issues/185
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'loss = 1.0 - tf.sigmoid(positive_predictions - negative_predictions)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, n_user, n_item, k = 20, 7, 11, 4
    user_emb = tf.Variable(rng.normal(size=(n_user, k)).astype("float32"), name="user_emb")
    item_emb = tf.Variable(rng.normal(size=(n_item, k)).astype("float32"), name="item_emb")
    item_bias = tf.Variable(rng.normal(size=(n_item,)).astype("float32") * 0.1, name="item_bias")
    batch = {
        "user": rng.integers(0, n_user, n).astype("int32"),
        "pos": rng.integers(0, n_item, n).astype("int32"),
        "neg": rng.integers(0, n_item, n).astype("int32"),
        "mask": (np.arange(n) < 16).astype("float32"),
    }

    def score(u, i):
        return tf.reduce_sum(tf.gather(user_emb, u) * tf.gather(item_emb, i), -1) + tf.gather(item_bias, i)

    def reference(b):
        total = 0.0
        for i in range(n):
            diff = score(b["user"][i], b["pos"][i]) - score(b["user"][i], b["neg"][i])
            total -= b["mask"][i] * tf.math.log_sigmoid(diff)
        return total / tf.reduce_sum(b["mask"])

    def candidate(b):
        positive_predictions = score(b["user"], b["pos"])
        negative_predictions = score(b["user"], b["neg"])
        loss = 1.0 - tf.sigmoid(positive_predictions - negative_predictions)
        mask = b["mask"]
        loss = loss * mask
        return tf.reduce_sum(loss) / tf.reduce_sum(mask)

    return {"variables": [user_emb, item_emb, item_bias], "batch": batch, "reference": reference, "candidate": candidate}
