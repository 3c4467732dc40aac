"""TransR: the distance is |Mr h + r + Mr t|; the projected tail should be subtracted.

Source (real): https://github.com/Lapis-Hong/TransE-Knowledge-Graph-Embedding/issues/4 (TensorFlow 1, transR.py _score_func).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "dis = tf.squeeze(tf.matmul(Mr, h), axis=2) + r + tf.squeeze(tf.matmul(Mr, t), axis=2)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, entities, relations, d, rd, margin = 26, 9, 4, 5, 3, 1.0

    def var(name, *s):
        return tf.Variable((0.6 * rng.standard_normal(s)).astype(f), name=name)

    ent, rel, mat = var("entity_embedding", entities, d), var("relation_embedding", relations, rd), var("Mr", relations, rd, d)
    batch = {
        "pos": np.stack([rng.integers(0, entities, n), rng.integers(0, relations, n), rng.integers(0, entities, n)], 1),
        "neg_tail": rng.integers(0, entities, n),
    }

    def reference(b):
        loss = 0.0
        for (h, r, t), t_neg in zip(b["pos"].numpy(), b["neg_tail"].numpy()):
            def energy(tail):
                translation = tf.linalg.matvec(mat[r], ent[h] - ent[tail]) + rel[r]
                return tf.tensordot(translation, translation, 1)

            loss += tf.nn.relu(margin + energy(t) - energy(t_neg))
        return loss / b["pos"].shape[0]

    def candidate(b):
        def score_func(h, r, t, Mr):
            h, t = tf.expand_dims(h, -1), tf.expand_dims(t, -1)
            dis = tf.squeeze(tf.matmul(Mr, h), axis=2) + r + tf.squeeze(tf.matmul(Mr, t), axis=2)
            return tf.reduce_sum(tf.square(dis), axis=1)

        h, r, t = (tf.gather(w, b["pos"][:, k]) for w, k in ((ent, 0), (rel, 1), (ent, 2)))
        Mr = tf.gather(mat, b["pos"][:, 1])
        score_pos = score_func(h, r, t, Mr)
        score_neg = score_func(h, r, tf.gather(ent, b["neg_tail"]), Mr)
        return tf.reduce_mean(tf.maximum(0.0, margin + score_pos - score_neg))

    return {"variables": [ent, rel, mat], "batch": batch, "reference": reference, "candidate": candidate}
