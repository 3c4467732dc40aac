"""The sampling-bias correction adds the log of the candidate's sampling probability to the logits; it has to be subtracted.

Source (real): https://github.com/tensorflow/recommenders/issues/219
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'scores = scores + log_q[None, :]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, users, items, d = 12, 9, 14, 6
    user_table = tf.Variable(rng.normal(size=(users, d)).astype(np.float32), name="user_table")
    item_table = tf.Variable(rng.normal(size=(items, d)).astype(np.float32), name="item_table")
    query_mlp = tf.Variable((0.6 * rng.normal(size=(d, d))).astype(np.float32), name="query_mlp")
    item_id = rng.permutation(items)[:n].astype(np.int32)
    prob = rng.dirichlet(0.5 * np.ones(items)) * 0.9 + 0.1 / items
    batch = {
        "user_id": rng.integers(0, users, size=n).astype(np.int32),
        "item_id": item_id,
        "sampling_prob": prob[item_id].astype(np.float32),
        "weight": rng.uniform(0.5, 1.5, size=n).astype(np.float32),
    }
    temperature = 0.5

    def towers(b):
        query = tf.nn.l2_normalize(tf.nn.relu(tf.gather(user_table, b["user_id"])) @ query_mlp, axis=-1)
        cand = tf.nn.l2_normalize(tf.gather(item_table, b["item_id"]), axis=-1)
        return query, cand

    def reference(b):
        query, cand = towers(b)
        total = 0.0
        for i in range(n):
            corrected = tf.linalg.matvec(cand, query[i]) / temperature - tf.math.log(b["sampling_prob"])
            total += b["weight"][i] * (tf.reduce_logsumexp(corrected) - corrected[i])
        return total / n

    def candidate(b):
        query, cand = towers(b)
        scores = tf.matmul(query, cand, transpose_b=True) / temperature
        log_q = tf.math.log(tf.clip_by_value(b["sampling_prob"], 1e-6, 1.0))
        scores = scores + log_q[None, :]
        labels = tf.eye(n)
        xent = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=scores)
        return tf.reduce_mean(b["weight"] * xent)

    return {"variables": [user_table, item_table, query_mlp], "batch": batch, "reference": reference, "candidate": candidate}
