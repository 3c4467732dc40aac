"""TransE with several negatives: the corrupted scores lie in blocks of the batch, but are reshaped to (batch, ratio),
which mixes the negatives of different triples. Source: https://github.com/ttrouill/complex/issues/14"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "mean_corrupted = tf.reduce_mean(tf.reshape(corrupted, (bs, neg_ratio)), axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    bs, neg_ratio, ents, rels, k, margin = 6, 3, 9, 2, 5, 0.4
    e = tf.Variable(rng.standard_normal((ents, k)).astype(f), name="entities")
    r = tf.Variable(rng.standard_normal((rels, k)).astype(f), name="relations")

    def reference(batch):
        def dist(s, p, o):
            return tf.reduce_sum(tf.abs(e[s] + r[p] - e[o]))

        loss = 0.0
        rows, cols, tubes = batch["rows"], batch["cols"], batch["tubes"]
        for i in range(bs):
            pos = dist(rows[i], cols[i], tubes[i])
            spread = 0.0
            for q in range(neg_ratio):
                at = bs * (q + 1) + i
                spread += dist(rows[at], cols[at], tubes[at])
            loss += tf.nn.relu(margin + pos - spread / neg_ratio)
        return loss / bs

    def candidate(batch):
        subj = tf.gather(e, batch["rows"])
        rel = tf.gather(r, batch["cols"])
        obj = tf.gather(e, batch["tubes"])
        pred = -tf.reduce_sum(tf.abs(subj + rel - obj), axis=1)
        positives, corrupted = pred[:bs], pred[bs:]
        mean_corrupted = tf.reduce_mean(tf.reshape(corrupted, (bs, neg_ratio)), axis=1)
        violation = margin - positives + mean_corrupted
        return tf.reduce_mean(tf.maximum(tf.zeros_like(violation), violation))

    rows = rng.integers(0, ents, bs)
    tubes = rng.integers(0, ents, bs)
    cols = rng.integers(0, rels, bs)
    rows_all, tubes_all = np.tile(rows, neg_ratio + 1), np.tile(tubes, neg_ratio + 1)
    for q in range(bs, len(rows_all)):
        if rng.uniform() < 0.5:
            rows_all[q] = rng.integers(0, ents)
        else:
            tubes_all[q] = rng.integers(0, ents)
    return {"reference": reference, "candidate": candidate,
            "batch": {"rows": rows_all.astype("int32"), "cols": np.tile(cols, neg_ratio + 1).astype("int32"),
                      "tubes": tubes_all.astype("int32")},
            "variables": [e, r]}
