"""The L2 term takes the whole embedding tables; it is meant for the embeddings of the users and items in the batch.

Source (real): https://github.com/hexiangnan/adversarial_personalized_ranking/pull/8
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'l2 = tf.reduce_sum(tf.square(P)) + tf.reduce_sum(tf.square(Q))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, users, items, d = 10, 12, 15, 5
    P = tf.Variable((0.5 * rng.normal(size=(users, d))).astype(np.float32), name="embedding_P")
    Q = tf.Variable((0.5 * rng.normal(size=(items, d))).astype(np.float32), name="embedding_Q")
    h = tf.Variable((1.0 + 0.2 * rng.normal(size=d)).astype(np.float32), name="h")
    batch = {
        "user": rng.integers(0, users, size=n).astype(np.int32),
        "pos": rng.integers(0, items, size=n).astype(np.int32),
        "neg": rng.integers(0, items, size=n).astype(np.int32),
        "delta": (0.3 * rng.normal(size=(n, d))).astype(np.float32),       # adversarial noise on the item side
    }
    reg, reg_adv = 2e-2, 0.5

    def pair_loss(p, q_pos, q_neg):
        margin = tf.linalg.matvec(p * (q_pos - q_neg), h)
        return tf.reduce_sum(tf.nn.softplus(-margin))

    def reference(b):
        total = 0.0
        for i in range(n):
            p, qi, qj = P[b["user"][i]], Q[b["pos"][i]], Q[b["neg"][i]]
            total += tf.nn.softplus(-tf.reduce_sum(h * p * (qi - qj)))
            total += reg_adv * tf.nn.softplus(-tf.reduce_sum(h * p * (qi + b["delta"][i] - qj)))
            total += reg * (tf.reduce_sum(p ** 2) + tf.reduce_sum(qi ** 2) + tf.reduce_sum(qj ** 2))
        return total

    def candidate(b):
        p = tf.nn.embedding_lookup(P, b["user"])
        q_pos = tf.nn.embedding_lookup(Q, b["pos"])
        q_neg = tf.nn.embedding_lookup(Q, b["neg"])
        loss = pair_loss(p, q_pos, q_neg)
        loss_adv = pair_loss(p, q_pos + b["delta"], q_neg)
        l2 = tf.reduce_sum(tf.square(P)) + tf.reduce_sum(tf.square(Q))
        return loss + reg_adv * loss_adv + reg * l2

    return {"variables": [P, Q, h], "batch": batch, "reference": reference, "candidate": candidate}
