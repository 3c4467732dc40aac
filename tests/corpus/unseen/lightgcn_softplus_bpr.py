"""LightGCN-PyTorch: softplus(neg - pos) and half the squared norms were suspected to differ from the BPR loss of the paper.
Source: https://github.com/gusye1234/LightGCN-PyTorch/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    users, items, d, n, decay = 4, 6, 3, 5, 0.2
    ue = var("user", users, d)
    ie = var("item", items, d)

    def reference(batch):
        total = 0.0
        for k in range(n):
            u, i, j = batch["u"][k], batch["i"][k], batch["j"][k]
            eu, ei, ej = ue[u], ie[i], ie[j]
            fu = 0.5 * (eu + tf.linalg.matmul(batch["r"], ie)[u])
            fi = 0.5 * (ei + tf.linalg.matmul(batch["r"], ue, transpose_a=True)[i])
            fj = 0.5 * (ej + tf.linalg.matmul(batch["r"], ue, transpose_a=True)[j])
            x = tf.reduce_sum(fu * (fi - fj))
            total -= tf.math.log(tf.sigmoid(x))
            total += decay / 2 * (tf.reduce_sum(eu ** 2) + tf.reduce_sum(ei ** 2) + tf.reduce_sum(ej ** 2))
        return total / n

    def candidate(batch):
        all_users = (ue + tf.matmul(batch["r"], ie)) / 2
        all_items = (ie + tf.matmul(batch["r"], ue, transpose_a=True)) / 2
        users_emb = tf.gather(all_users, batch["u"])
        pos_emb, neg_emb = tf.gather(all_items, batch["i"]), tf.gather(all_items, batch["j"])
        ego = [tf.gather(ue, batch["u"]), tf.gather(ie, batch["i"]), tf.gather(ie, batch["j"])]
        reg_loss = tf.add_n([tf.nn.l2_loss(e) for e in ego]) / n
        pos_scores = tf.reduce_sum(tf.multiply(users_emb, pos_emb), axis=1)
        neg_scores = tf.reduce_sum(tf.multiply(users_emb, neg_emb), axis=1)
        loss = tf.reduce_mean(tf.nn.softplus(neg_scores - pos_scores))
        return loss + decay * reg_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"r": (0.4 * (rng.random((users, items)) < 0.5)).astype(F), "u": rng.integers(0, users, n),
                      "i": rng.integers(0, items, n), "j": rng.integers(0, items, n)},
            "variables": [ue, ie]}
