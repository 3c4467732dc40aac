"""LINE's negative sampling loss (first and second order proximity) trains far worse than the paper says.
Source: https://github.com/RUCAIBox/RecBole/issues/1505"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'return -tf.reduce_mean(tf.sigmoid(sign * score))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    users, items, d, n = 4, 6, 3, 6
    mk = lambda k, m: tf.Variable(rng.normal(0, 0.9, (m, d)).astype(fx), name=k)
    ue, ie, uc, ic = mk("user_emb", users), mk("item_emb", items), mk("user_ctx", users), mk("item_ctx", items)

    def reference(batch):
        u, p, q = batch["user"], batch["pos"], batch["neg"]

        def ns(a, b, label):
            dot = tf.reduce_sum(a * b, axis=-1)
            bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.fill(tf.shape(dot), tf.cast(label, dot.dtype)), logits=dot)
            return tf.reduce_mean(bce)

        g = tf.gather
        first = ns(g(ue, u), g(ie, p), 1.0) + ns(g(ue, u), g(ie, q), 0.0)
        second = ns(g(ue, u), g(ic, p), 1.0) + ns(g(ue, u), g(ic, q), 0.0)
        other = ns(g(ie, p), g(uc, u), 1.0) + ns(g(ie, p), g(uc, batch["neg_user"]), 0.0)
        return first + 0.5 * (second + other)

    def candidate(batch):
        def neg_sampling_loss(score, sign):
            return -tf.reduce_mean(tf.sigmoid(sign * score))

        def pair(h, t, neg_t, table_h, table_t):
            head = tf.nn.embedding_lookup(table_h, h)
            score_pos = tf.reduce_sum(head * tf.nn.embedding_lookup(table_t, t), axis=1)
            score_neg = tf.reduce_sum(head * tf.nn.embedding_lookup(table_t, neg_t), axis=1)
            return neg_sampling_loss(score_pos, 1.0) + neg_sampling_loss(score_neg, -1.0)

        user, pos, neg, neg_user = batch["user"], batch["pos"], batch["neg"], batch["neg_user"]
        loss_1st = pair(user, pos, neg, ue, ie)
        loss_2nd = pair(user, pos, neg, ue, ic) + pair(pos, user, neg_user, ie, uc)
        return loss_1st + loss_2nd * 0.5

    ints = lambda hi: rng.integers(0, hi, n).astype("int32")
    return {"reference": reference, "candidate": candidate,
            "batch": {"user": ints(users), "pos": ints(items), "neg": ints(items), "neg_user": ints(users)},
            "variables": [ue, ie, uc, ic]}
