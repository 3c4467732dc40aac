"""Self-supervised graph recommender: the InfoNCE term leaves out the temperature of the objective.
Source: https://github.com/ustcllm/RecStudio/issues/21"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "sim = tf.matmul(v1, v2, transpose_b=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    users, items, e, n, tau, lam = 5, 6, 4, 5, 0.2, 0.5
    user_emb = tf.Variable(rng.normal(size=(users, e)).astype(fx), name="user_emb")
    item_emb = tf.Variable(rng.normal(size=(items, e)).astype(fx), name="item_emb")

    def propagate(adj):
        ego = tf.concat([user_emb, item_emb], 0)
        return (ego + adj @ ego) / 2.0

    def reference(batch):
        full = propagate(batch["adj"])
        one = tf.math.l2_normalize(tf.gather(propagate(batch["adj1"]), batch["user"]), -1)
        two = tf.math.l2_normalize(tf.gather(propagate(batch["adj2"]), batch["user"]), -1)
        nce, bpr = 0.0, 0.0
        for i in range(n):
            scores = tf.reduce_sum(one[i] * two, -1) / tau
            nce += tf.reduce_logsumexp(scores) - scores[i]
            u = full[batch["user"][i]]
            gap = tf.reduce_sum(u * (full[users + batch["pos"][i]] - full[users + batch["neg"][i]]))
            bpr += tf.nn.softplus(-gap)
        return bpr / n + lam * nce / n

    def candidate(batch):
        def info_nce(view1, view2):
            v1 = tf.math.l2_normalize(view1, axis=-1)
            v2 = tf.math.l2_normalize(view2, axis=-1)
            sim = tf.matmul(v1, v2, transpose_b=True)
            labels = tf.range(tf.shape(sim)[0])
            return tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=sim)
            )

        out = propagate(batch["adj"])
        u_out, i_out = out[:users], out[users:]
        u = tf.gather(u_out, batch["user"])
        pos = tf.reduce_sum(u * tf.gather(i_out, batch["pos"]), axis=-1)
        neg = tf.reduce_sum(u * tf.gather(i_out, batch["neg"]), axis=-1)
        rec_loss = -tf.reduce_mean(tf.math.log_sigmoid(pos - neg))
        aug1 = tf.gather(propagate(batch["adj1"]), batch["user"])
        aug2 = tf.gather(propagate(batch["adj2"]), batch["user"])
        return rec_loss + lam * info_nce(aug1, aug2)

    def graph():
        m = (rng.random((users, items)) < 0.5).astype(float)
        a = np.zeros((users + items,) * 2)
        a[:users, users:] = m
        a[users:, :users] = m.T
        deg = np.maximum(a.sum(1), 1.0)
        return (a / np.sqrt(deg[:, None] * deg[None])).astype(fx)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "adj": graph(), "adj1": graph(), "adj2": graph(),
            "user": np.arange(users).astype("int32"),
            "pos": rng.integers(0, 3, size=n).astype("int32"),
            "neg": rng.integers(3, items, size=n).astype("int32"),
        },
        "variables": [user_emb, item_emb],
    }
