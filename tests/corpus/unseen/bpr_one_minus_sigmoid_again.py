"""Wrong: BPR as 1 - sigmoid(difference) instead of -log sigmoid(difference).

Source (real): https://github.com/maciejkula/spotlight/issues/185
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss = 1.0 - tf.sigmoid(positive_predictions - negative_predictions)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    users = tf.Variable(rng.normal(0, 0.6, (8, 5)).astype("float32"), name="user_factors")
    items = tf.Variable(rng.normal(0, 0.6, (11, 5)).astype("float32"), name="item_factors")
    item_bias = tf.Variable(rng.normal(0, 0.3, 11).astype("float32"), name="item_bias")
    n = 20
    batch = {
        "user": rng.integers(0, 8, n).astype("int32"),
        "pos": rng.integers(0, 11, n).astype("int32"),
        "neg": rng.integers(0, 11, n).astype("int32"),
    }
    reg = 0.01

    def score(u, i):
        dot = tf.reduce_sum(tf.gather(users, u) * tf.gather(items, i), axis=1)
        return dot + tf.gather(item_bias, i)

    def l2(b):
        rows = [tf.gather(users, b["user"]), tf.gather(items, b["pos"]), tf.gather(items, b["neg"])]
        return reg * tf.add_n([tf.reduce_mean(tf.reduce_sum(r**2, 1)) for r in rows])

    def reference(b):
        x_uij = score(b["user"], b["pos"]) - score(b["user"], b["neg"])
        return tf.reduce_mean(tf.nn.softplus(-x_uij)) + l2(b)

    def candidate(b):
        positive_predictions = score(b["user"], b["pos"])
        negative_predictions = score(b["user"], b["neg"])
        loss = 1.0 - tf.sigmoid(positive_predictions - negative_predictions)
        return tf.reduce_mean(loss) + l2(b)

    return {"variables": [users, items, item_bias], "batch": batch, "reference": reference, "candidate": candidate}
