"""TransR scoring: when tails are corrupted the relation is subtracted instead of added.

Source (real): https://github.com/awslabs/dgl-ke/issues/150
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "diff = head - rel - tail",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ents, rels, d, neg = 10, 14, 3, 5, 4
    ent = tf.Variable(rng.normal(0, 0.6, (ents, d)), name="entities", dtype=tf.float32)
    rel_emb = tf.Variable(rng.normal(0, 0.6, (rels, d)), name="relations", dtype=tf.float32)
    proj = tf.Variable(np.eye(d) + rng.normal(0, 0.2, (rels, d, d)), name="projections", dtype=tf.float32)
    batch = {
        "h": rng.integers(0, ents, n).astype(np.int32),
        "r": rng.integers(0, rels, n).astype(np.int32),
        "t": rng.integers(0, ents, n).astype(np.int32),
        "neg_h": rng.integers(0, ents, (n, neg)).astype(np.int32),
        "neg_t": rng.integers(0, ents, (n, neg)).astype(np.int32),
    }
    gamma = 4.0

    def project(idx, r):
        x = tf.gather(ent, idx)
        m = tf.gather(proj, r)
        return tf.einsum("bkd,bde->bke", x, m)

    def score(h, r, t):
        diff = project(h, r) + tf.gather(rel_emb, r)[:, None, :] - project(t, r)
        return gamma - tf.reduce_sum(tf.sqrt(tf.square(diff) + 1e-6), axis=-1)

    def logistic(pos, neg_scores):
        return -tf.reduce_mean(tf.math.log_sigmoid(pos)) - tf.reduce_mean(tf.math.log_sigmoid(-neg_scores))

    def reference(b):
        pos = score(b["h"][:, None], b["r"], b["t"][:, None])
        corrupted_heads = score(b["neg_h"], b["r"], b["t"][:, None])
        corrupted_tails = score(b["h"][:, None], b["r"], b["neg_t"])
        return logistic(pos, corrupted_heads) + logistic(pos, corrupted_tails)

    def create_neg(neg_head):
        def fn(b):
            rel = tf.gather(rel_emb, b["r"])[:, None, :]
            if neg_head:
                head, tail = project(b["neg_h"], b["r"]), project(b["t"][:, None], b["r"])
                diff = head + rel - tail
            else:
                head, tail = project(b["h"][:, None], b["r"]), project(b["neg_t"], b["r"])
                diff = head - rel - tail
            return gamma - tf.reduce_sum(tf.sqrt(tf.square(diff) + 1e-6), axis=-1)
        return fn

    def candidate(b):
        pos = score(b["h"][:, None], b["r"], b["t"][:, None])
        loss = 0.0
        for neg_head in (True, False):
            loss += logistic(pos, create_neg(neg_head)(b))
        return loss

    return {"variables": [ent, rel_emb, proj], "batch": batch, "reference": reference, "candidate": candidate}
