"""KBGAT training: the label of the margin ranking loss is +1, so true triples get the large norm and corrupted ones the
small one; TransE wants the opposite. Source: https://github.com/deepakn97/relationPrediction/issues/21"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "y = tf.ones_like(pos_norm)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n_ent, n_rel, d, n_pos, ratio = 7, 3, 5, 4, 2
    ent = tf.Variable(rng.normal(size=(n_ent, d)).astype(fx), name="ent")
    rel = tf.Variable(rng.normal(size=(n_rel, d)).astype(fx), name="rel")
    proj = keras.layers.Dense(d, use_bias=False, name="proj")
    proj.build((n_ent, d))
    margin = 6.0

    def reference(batch):
        e = tf.nn.elu(proj(ent))

        def dist(t):
            return tf.reduce_sum(tf.abs(tf.gather(e, t[:, 0]) + tf.gather(rel, t[:, 1]) - tf.gather(e, t[:, 2])), 1)

        good = tf.repeat(dist(batch["pos"]), ratio)
        bad = dist(batch["neg"])
        return tf.reduce_mean(tf.maximum(margin + good - bad, 0.0))

    def candidate(batch):
        def margin_ranking_loss(x1, x2, y, margin):
            return tf.reduce_mean(tf.nn.relu(-y * (x1 - x2) + margin))

        entity_embed = tf.nn.elu(proj(ent))
        pos_triples = tf.repeat(batch["pos"], ratio, axis=0)
        neg_triples = batch["neg"]
        source = tf.gather(entity_embed, pos_triples[:, 0])
        relation = tf.gather(rel, pos_triples[:, 1])
        tail = tf.gather(entity_embed, pos_triples[:, 2])
        x = source + relation - tail
        pos_norm = tf.norm(x, ord=1, axis=1)
        source = tf.gather(entity_embed, neg_triples[:, 0])
        relation = tf.gather(rel, neg_triples[:, 1])
        tail = tf.gather(entity_embed, neg_triples[:, 2])
        x = source + relation - tail
        neg_norm = tf.norm(x, ord=1, axis=1)
        y = tf.ones_like(pos_norm)
        return margin_ranking_loss(pos_norm, neg_norm, y, margin)

    pos = np.stack([rng.integers(0, n_ent, n_pos), rng.integers(0, n_rel, n_pos), rng.integers(0, n_ent, n_pos)], 1)
    pos[:, 2] = (pos[:, 0] + 1 + pos[:, 2] % (n_ent - 1)) % n_ent
    neg = np.repeat(pos, ratio, axis=0)
    neg[::2, 2] = (neg[::2, 2] + 2) % n_ent
    neg[1::2, 0] = (neg[1::2, 0] + 3) % n_ent
    return {"reference": reference, "candidate": candidate, "batch": {"pos": pos, "neg": neg},
            "variables": [ent, rel] + proj.trainable_variables}
