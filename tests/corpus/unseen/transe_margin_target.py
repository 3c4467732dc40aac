"""Suspected: the target of the margin ranking should be 1, not -1. Right: the scores are distances, so
the true triple has to be the smaller one. Source: https://github.com/amzn/ss-aga-kgc/issues/9"""
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
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, e, r, d, k = 4, 8, 3, 5, 2
    ent, rel = var("entity", e, d), var("relation", r, d)
    batch = {"h": rng.integers(0, e, n).astype("int32"), "r": rng.integers(0, r, n).astype("int32"),
             "t": rng.integers(0, e, n).astype("int32"), "t_neg": rng.integers(0, e, (n, k)).astype("int32"),
             "margin": np.array(0.9, dtype=fx)}

    def reference(batch):
        total = 0.0
        for i in range(n):
            tail = tf.gather(ent, batch["h"][i]) + tf.gather(rel, batch["r"][i])
            good = tf.norm(tf.gather(ent, batch["t"][i]) - tail)
            for j in range(k):
                bad = tf.norm(tf.gather(ent, batch["t_neg"][i, j]) - tail)
                total += tf.nn.relu(good - bad + batch["margin"])
        return total / (n * k)

    def candidate(batch):
        def define_loss(a, b):
            return tf.sqrt(tf.reduce_sum(tf.square(a - b), axis=-1))

        def margin_ranking(x1, x2, y):
            return tf.reduce_mean(tf.maximum(-y * (x1 - x2) + batch["margin"], 0.0))

        projected_t = tf.gather(ent, batch["h"]) + tf.gather(rel, batch["r"])
        pos = define_loss(tf.gather(ent, batch["t"]), projected_t)[:, None]
        neg = define_loss(tf.gather(ent, batch["t_neg"]), projected_t[:, None, :])
        target = -tf.ones_like(neg)
        return margin_ranking(pos, neg, target)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [ent, rel]}
