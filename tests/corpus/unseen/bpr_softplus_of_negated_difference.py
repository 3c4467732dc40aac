"""Right: softplus(-(pos - neg)) is -log sigmoid(pos - neg), and the norm penalty is halved on both sides.

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
    n, nu, ni, k = 16, 6, 8, 4
    ue = tf.Variable(rng.normal(size=(nu, k)).astype("float32") * 0.6, name="user_embedding")
    ie = tf.Variable(rng.normal(size=(ni, k)).astype("float32") * 0.6, name="item_embedding")
    a = (rng.uniform(size=(nu, ni)) < 0.4).astype("float32")
    a[:, 0] = 1.0
    a[0, :] = 1.0
    norm_adj = tf.constant(a / np.sqrt(a.sum(1, keepdims=True) * a.sum(0, keepdims=True)))
    batch = {
        "users": rng.integers(0, nu, n).astype("int32"),
        "pos": rng.integers(0, ni, n).astype("int32"),
        "neg": rng.integers(0, ni, n).astype("int32"),
    }
    decay = 1e-2

    def propagate():
        u1, i1 = norm_adj @ ie, tf.transpose(norm_adj) @ ue
        u2, i2 = norm_adj @ i1, tf.transpose(norm_adj) @ u1
        return (ue + u1 + u2) / 3.0, (ie + i1 + i2) / 3.0

    def reference(b):
        U, I = propagate()
        x = tf.reduce_sum(tf.gather(U, b["users"]) * (tf.gather(I, b["pos"]) - tf.gather(I, b["neg"])), 1)
        nll = -tf.reduce_mean(tf.math.log(tf.sigmoid(x)))
        ego = tf.concat([tf.gather(ue, b["users"]), tf.gather(ie, b["pos"]), tf.gather(ie, b["neg"])], 0)
        return nll + decay * 0.5 * tf.reduce_sum(ego ** 2) / n

    def candidate(b):
        all_users, all_items = propagate()
        users_emb = tf.gather(all_users, b["users"])
        pos_scores = tf.reduce_sum(users_emb * tf.gather(all_items, b["pos"]), axis=1)
        neg_scores = tf.reduce_sum(users_emb * tf.gather(all_items, b["neg"]), axis=1)
        loss = tf.reduce_mean(tf.nn.softplus(-(pos_scores - neg_scores)))
        reg_loss = (tf.nn.l2_loss(tf.gather(ue, b["users"])) + tf.nn.l2_loss(tf.gather(ie, b["pos"]))
                    + tf.nn.l2_loss(tf.gather(ie, b["neg"]))) / float(n)
        return loss + decay * reg_loss

    return {"variables": [ue, ie], "batch": batch, "reference": reference, "candidate": candidate}
