"""The adversarially weighted BCE averages weight times loss over all negatives, so that the negatives vanish with
their number; the weights already sum to one. Source: https://github.com/pykeen/pykeen/issues/996"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "neg_loss = tf.reduce_mean(neg_weights * neg_bce)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, k, ents, rels, d, temp = 4, 6, 12, 3, 5, 0.8
    ent = tf.Variable((0.6 * rng.normal(size=(ents, d))).astype(fx), name="ent")
    rel = tf.Variable((0.6 * rng.normal(size=(rels, d))).astype(fx), name="rel")

    def reference(batch):
        total = 0.0
        for i in range(n):
            hr = ent[batch["h"][i]] * rel[batch["r"][i]]
            pos = tf.reduce_sum(hr * ent[batch["t"][i]])
            neg = tf.linalg.matvec(tf.gather(ent, batch["neg_t"][i]), hr)
            w = tf.stop_gradient(tf.nn.softmax(temp * neg))
            total += tf.nn.softplus(-pos) + tf.reduce_sum(w * tf.nn.softplus(neg))
        return total / (2.0 * n)

    def candidate(batch):
        query = tf.gather(ent, batch["h"]) * tf.gather(rel, batch["r"])
        pos_scores = tf.reduce_sum(query * tf.gather(ent, batch["t"]), axis=-1)
        neg_scores = tf.einsum("bd,bkd->bk", query, tf.gather(ent, batch["neg_t"]))
        neg_weights = tf.stop_gradient(tf.nn.softmax(neg_scores * temp, axis=-1))
        neg_bce = tf.nn.sigmoid_cross_entropy_with_logits(tf.zeros_like(neg_scores), neg_scores)
        neg_loss = tf.reduce_mean(neg_weights * neg_bce)
        pos_loss = tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(pos_scores), pos_scores))
        return (pos_loss + neg_loss) / 2.0

    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.integers(0, ents, n).astype("int32"), "r": rng.integers(0, rels, n).astype("int32"),
                      "t": rng.integers(0, ents, n).astype("int32"),
                      "neg_t": rng.integers(0, ents, (n, k)).astype("int32")},
            "variables": [ent, rel]}
