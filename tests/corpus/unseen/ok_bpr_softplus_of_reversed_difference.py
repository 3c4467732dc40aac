"""Right: softplus(neg - pos) equals -log sigmoid(pos - neg), and the batch L2 norms are the same sums.

Source (real): https://github.com/yuh-yang/KGCL-SIGIR22/issues/15
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, users, items, d = 10, 7, 11, 5
    user_e = tf.Variable((0.6 * rng.normal(size=(users, d))).astype(np.float32), name="user_e")
    item_e = tf.Variable((0.6 * rng.normal(size=(items, d))).astype(np.float32), name="item_e")
    inter = (rng.random((users, items)) < 0.4).astype(np.float32)
    inter[:, 0] = 1.0
    inter[0] = 1.0
    norm_adj = inter / np.sqrt(inter.sum(1, keepdims=True) * inter.sum(0, keepdims=True))
    batch = {
        "u": rng.integers(0, users, size=n).astype(np.int32),
        "pos": rng.integers(0, items, size=n).astype(np.int32),
        "neg": rng.integers(0, items, size=n).astype(np.int32),
    }
    decay, layers = 1e-2, 2

    def propagate():
        u, i = user_e, item_e
        us, its = [u], [i]
        for _ in range(layers):
            u, i = norm_adj @ i, tf.transpose(norm_adj) @ u
            us.append(u)
            its.append(i)
        return tf.add_n(us) / (layers + 1), tf.add_n(its) / (layers + 1)

    def reference(b):
        u_all, i_all = propagate()
        total, reg = 0.0, 0.0
        for k in range(n):
            u, p, q = b["u"][k], b["pos"][k], b["neg"][k]
            diff = tf.reduce_sum(u_all[u] * (i_all[p] - i_all[q]))
            total -= tf.math.log(1.0 / (1.0 + tf.exp(-diff)))
            reg += tf.nn.l2_loss(user_e[u]) + tf.nn.l2_loss(item_e[p]) + tf.nn.l2_loss(item_e[q])
        return (total + decay * reg) / n

    def candidate(b):
        users_emb, items_emb = propagate()
        ue = tf.gather(users_emb, b["u"])
        pos_scores = tf.reduce_sum(ue * tf.gather(items_emb, b["pos"]), axis=1)
        neg_scores = tf.reduce_sum(ue * tf.gather(items_emb, b["neg"]), axis=1)
        ego = [tf.gather(user_e, b["u"]), tf.gather(item_e, b["pos"]), tf.gather(item_e, b["neg"])]
        reg_loss = 0.5 * tf.add_n([tf.norm(x) ** 2 for x in ego]) / float(n)
        loss = tf.reduce_mean(tf.nn.softplus(-(pos_scores - neg_scores)))
        return loss + decay * reg_loss

    return {"variables": [user_e, item_e], "batch": batch, "reference": reference, "candidate": candidate}
