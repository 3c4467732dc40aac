"""Learned scale of normalised embeddings: the lower clamp (1e-2) lies above the values that the scale starts from (1e-3).

Source (real): https://github.com/HazyResearch/HypHC/issues/7 (PyTorch, `min_scale = 1e-2 #self.init_size`; "always zero gradient").
Right answer: NOT equivalent; the gradient of the scale is exactly zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "min_scale = 1e-2  # self.init_size",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, leaves, rank, init_size, max_size = 21, 11, 3, 1e-3, 1.0 - 1e-3

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    embeddings = tf.Variable(arr(leaves, rank), name="embeddings")
    scale = tf.Variable(np.array([4.0 * init_size], f), name="scale")
    triples = np.stack([rng.permutation(leaves)[:3] for _ in range(n)])
    batch = {"triple_ids": triples, "similarities": rng.uniform(0.0, 1.0, (n, 3)).astype(f)}

    def lca_distance(x, y):
        return tf.math.log1p(40.0 * tf.sqrt(tf.reduce_sum(tf.square(x + y), axis=-1) + 1e-8))

    def reference(b):
        total = 0.0
        for ids, sim in zip(b["triple_ids"], b["similarities"]):
            unit = [embeddings[i] / tf.norm(embeddings[i]) for i in ids]
            size = tf.minimum(tf.maximum(scale[0], init_size), max_size)
            e1, e2, e3 = (size * u for u in unit)
            lca = tf.stack([lca_distance(e1, e2), lca_distance(e1, e3), lca_distance(e2, e3)])
            total += tf.reduce_sum(sim) - tf.tensordot(tf.nn.softmax(lca / 0.1), sim, 1)
        return total / b["triple_ids"].shape[0]

    def candidate(b):
        class HypHC:
            def normalize_embeddings(self, emb):
                min_scale = 1e-2  # self.init_size
                max_scale = max_size
                return tf.math.l2_normalize(emb, axis=-1) * tf.clip_by_value(scale, min_scale, max_scale)

            def loss(self, triple_ids, similarities):
                e = self.normalize_embeddings(tf.gather(embeddings, triple_ids))
                e1, e2, e3 = e[:, 0], e[:, 1], e[:, 2]
                d_12, d_13, d_23 = lca_distance(e1, e2), lca_distance(e1, e3), lca_distance(e2, e3)
                weights = tf.nn.softmax(tf.stack([d_12, d_13, d_23], axis=-1) / 0.1, axis=-1)
                w_ord = tf.reduce_sum(similarities * weights, axis=-1)
                return tf.reduce_mean(tf.reduce_sum(similarities, axis=-1) - w_ord)

        return HypHC().loss(b["triple_ids"], b["similarities"])

    return {"variables": [embeddings, scale], "batch": batch, "reference": reference, "candidate": candidate}
