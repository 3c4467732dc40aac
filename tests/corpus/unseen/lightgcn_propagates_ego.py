"""LightGCN: every layer propagates the initial embedding again, so layers 2 and 3 repeat layer 1.

Source (real): https://github.com/PTMZ/IMP_GCN/issues/3 (PyTorch, ported; the author: an error in the LightGCN part).
Right answer: NOT equivalent to (E + AE + A^2 E + A^3 E) / 4.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "side_emb = tf.sparse.sparse_dense_matmul(g_droped, all_emb)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, num_users, num_items, dim, n_layers = 24, 7, 9, 4, 3
    size = num_users + num_items

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    emb_user = tf.Variable(0.8 * arr(num_users, dim), name="embedding_user")
    emb_item = tf.Variable(0.8 * arr(num_items, dim), name="embedding_item")
    R = (rng.uniform(size=(num_users, num_items)) < 0.4).astype(f)
    R[np.arange(num_users), np.arange(num_users)] = 1.0
    R[0] = 1.0
    batch = {
        "users": rng.integers(0, num_users, n),
        "pos": rng.integers(0, num_items, n),
        "neg": rng.integers(0, num_items, n),
    }

    scaled = (R / np.sqrt(R.sum(1, keepdims=True) * R.sum(0, keepdims=True))).astype(f)
    adjacency = np.zeros((size, size), f)
    adjacency[:num_users, num_users:] = scaled
    adjacency[num_users:, :num_users] = scaled.T
    g_droped = tf.sparse.from_dense(adjacency)

    def bpr(users_emb, pos_emb, neg_emb):
        pos_scores = tf.reduce_sum(users_emb * pos_emb, 1)
        neg_scores = tf.reduce_sum(users_emb * neg_emb, 1)
        return tf.reduce_mean(tf.nn.softplus(neg_scores - pos_scores))

    def reference(b):
        # two bipartite half steps per layer, as in eq. (3) of the paper
        user, item = emb_user, emb_item
        user_sum, item_sum = tf.identity(emb_user), tf.identity(emb_item)
        for _ in range(n_layers):
            user, item = tf.matmul(scaled, item), tf.matmul(scaled, user, transpose_a=True)
            user_sum, item_sum = user_sum + user, item_sum + item
        alpha = 1.0 / (n_layers + 1)
        u, i = alpha * user_sum, alpha * item_sum
        return bpr(tf.gather(u, b["users"]), tf.gather(i, b["pos"]), tf.gather(i, b["neg"]))

    def candidate(b):
        all_emb = tf.concat([emb_user, emb_item], axis=0)
        embs = [all_emb]
        for layer in range(n_layers):
            side_emb = tf.sparse.sparse_dense_matmul(g_droped, all_emb)
            embs.append(side_emb)
        light_out = tf.reduce_mean(tf.stack(embs, axis=1), axis=1)
        users, items = tf.split(light_out, [num_users, num_items])
        return bpr(tf.gather(users, b["users"]), tf.gather(items, b["pos"]), tf.gather(items, b["neg"]))

    return {"variables": [emb_user, emb_item], "batch": batch, "reference": reference, "candidate": candidate}
