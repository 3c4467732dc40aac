"""TransE: "the loss is not computed on normalised entities, they are renormalised once an epoch"; the scoring function does it, too.

Source (real): https://github.com/torchkge-team/torchkge/issues/252 (PyTorch, translation.py, ported; the reporter: never mind).
Right answer: EQUIVALENT to normalising the whole table before each mini-batch.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, n_ent, n_rel, emb_dim, margin = 25, 8, 3, 6, 0.5

    ent_emb = tf.Variable(rng.standard_normal((n_ent, emb_dim)).astype(f), name="ent_emb")
    rel_emb = tf.Variable((0.5 * rng.standard_normal((n_rel, emb_dim))).astype(f), name="rel_emb")
    heads = rng.integers(0, n_ent, n)
    batch = {
        "h": heads,
        "t": (heads + rng.integers(1, n_ent, n)) % n_ent,
        "r": rng.integers(0, n_rel, n),
        "neg_h": rng.integers(0, n_ent, n),
        "neg_t": rng.integers(0, n_ent, n),
    }

    def reference(b):
        # the paper's algorithm 1, line 5: e <- e / |e| for each entity, then the mini-batch
        table = ent_emb / tf.sqrt(tf.reduce_sum(ent_emb**2, axis=1, keepdims=True))

        def d(head, rel, tail):
            gap = tf.gather(table, head) + tf.gather(rel_emb, rel) - tf.gather(table, tail)
            return tf.einsum("nd,nd->n", gap, gap)

        hinge = margin + d(b["h"], b["r"], b["t"]) - d(b["neg_h"], b["r"], b["neg_t"])
        return tf.reduce_sum(tf.maximum(hinge, 0.0)) / b["h"].shape[0]

    class TransEModel:
        def scoring_function(self, h_idx, t_idx, r_idx):
            h = tf.math.l2_normalize(tf.nn.embedding_lookup(ent_emb, h_idx), axis=1)
            t = tf.math.l2_normalize(tf.nn.embedding_lookup(ent_emb, t_idx), axis=1)
            r = tf.nn.embedding_lookup(rel_emb, r_idx)
            return -self.dissimilarity(h + r, t)

        def dissimilarity(self, a, b):
            return tf.reduce_sum(tf.math.squared_difference(a, b), axis=-1)

        def normalize_parameters(self):
            """Called after each epoch only."""
            ent_emb.assign(tf.math.l2_normalize(ent_emb, axis=1))

    def candidate(b):
        model = TransEModel()
        pos = model.scoring_function(b["h"], b["t"], b["r"])
        neg = model.scoring_function(b["neg_h"], b["neg_t"], b["r"])
        target = tf.ones_like(pos)
        return tf.reduce_mean(tf.nn.relu(-target * (pos - neg) + margin))

    return {"variables": [ent_emb, rel_emb], "batch": batch, "reference": reference, "candidate": candidate}
