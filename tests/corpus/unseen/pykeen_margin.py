"""Suspected: pykeen's margin ranking loss has the sign the wrong way round. Its scores are similarities, so it is right.
Source: https://github.com/pykeen/pykeen/issues/1130"""
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
    ents, rels, d, n, k, margin = 7, 3, 6, 4, 3, 1.0
    ent = tf.Variable(rng.normal(size=(ents, d)).astype(fx), name="ent")
    rel = tf.Variable(rng.normal(size=(rels, d)).astype(fx), name="rel")

    def reference(batch):
        total = 0.0
        for i in range(n):
            h, r, t = (int(v) for v in batch["pos"][i])
            f_pos = tf.reduce_sum(tf.square(ent[h] + rel[r] - ent[t]))
            for j in range(k):
                f_neg = tf.reduce_sum(tf.square(ent[h] + rel[r] - ent[int(batch["neg_tail"][i, j])]))
                total += tf.maximum(f_pos - f_neg + margin, 0.0)
        return total / (n * k)

    def candidate(batch):
        def interaction(h, r, t):
            return -tf.reduce_sum(tf.square(h + r - t), axis=-1)

        def margin_activation(x):
            return tf.nn.relu(x)

        def process_lcwa_scores(pos_scores, neg_scores):
            return tf.reduce_mean(margin_activation(neg_scores - pos_scores + margin))

        h = tf.gather(ent, batch["pos"][:, 0])
        r = tf.gather(rel, batch["pos"][:, 1])
        t = tf.gather(ent, batch["pos"][:, 2])
        corrupted = tf.gather(ent, batch["neg_tail"])
        pos_scores = interaction(h, r, t)[:, None]
        neg_scores = interaction(h[:, None], r[:, None], corrupted)
        return process_lcwa_scores(pos_scores, neg_scores)

    pos = np.stack([rng.integers(0, ents, n), rng.integers(0, rels, n), rng.integers(0, ents, n)], 1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"pos": pos, "neg_tail": rng.integers(0, ents, size=(n, k))},
            "variables": [ent, rel]}
