"""GDE recommender: in the BPR branch the difference of the scores is put into the logarithm without a sigmoid,
so that the loss is NaN as soon as one negative item scores higher.
Source: https://github.com/tanatosuu/GDE/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "out = tf.reduce_sum(final_user * final_pos, 1) - tf.reduce_sum(final_user * final_nega, 1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, users, items, dim, reg = 20, 15, 25, 6, 0.01
    user_emb, item_emb = var("user_emb", users, dim), var("item_emb", items, dim)
    adj = rng.random((items, items)) * (rng.random((items, items)) < 0.3) + np.eye(items)
    item_filter = tf.constant(adj / adj.sum(1, keepdims=True), dtype=f)
    batch = {
        "u": rng.integers(0, users, n),
        "p": rng.integers(0, items, n),
        "nega": rng.integers(0, items, n),
    }

    def reference(batch):
        smooth = item_filter @ item_emb
        total, penalty = 0.0, 0.0
        for k in range(n):
            u = user_emb[int(batch["u"][k])]
            i, j = smooth[int(batch["p"][k])], smooth[int(batch["nega"][k])]
            total = total + tf.math.softplus(-tf.tensordot(u, i - j, 1))
            penalty = penalty + tf.reduce_sum(u * u) + tf.reduce_sum(i * i) + tf.reduce_sum(j * j)
        return total + reg * penalty

    def candidate(batch):
        items_final = tf.matmul(item_filter, item_emb)
        final_user = tf.gather(user_emb, batch["u"])
        final_pos = tf.gather(items_final, batch["p"])
        final_nega = tf.gather(items_final, batch["nega"])
        out = tf.reduce_sum(final_user * final_pos, 1) - tf.reduce_sum(final_user * final_nega, 1)
        reg_term = reg * (tf.reduce_sum(final_user ** 2) + tf.reduce_sum(final_pos ** 2)
                          + tf.reduce_sum(final_nega ** 2))
        return -tf.reduce_sum(tf.math.log(out)) + reg_term

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [user_emb, item_emb]}
