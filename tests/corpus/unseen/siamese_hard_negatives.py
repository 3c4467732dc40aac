"""siamese-triplet HardNegativePairSelector: the negatives kept are those with the largest distance instead
of the closest (hardest) ones. Source: https://github.com/adambielski/siamese-triplet/pull/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "_, hardest = tf.math.top_k(neg_dist, k=n_pos)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, e = 6, 5, 3
    W = tf.Variable(rng.normal(0, 0.3, (d, e)).astype(fx), name="W")
    b = tf.Variable(rng.normal(0, 0.1, (e,)).astype(fx), name="b")
    labels = np.array([0, 0, 1, 1, 2, 2], "int32")

    def embed(x):
        return tf.tanh(tf.matmul(x, W) + b)

    def reference(batch):
        margin = 2.5
        z = embed(batch["x"])
        lab = batch["label"].numpy()
        pos, neg = [], []
        for i in range(n):
            for j in range(i + 1, n):
                sq = tf.reduce_sum(tf.square(z[i] - z[j]))
                (pos if lab[i] == lab[j] else neg).append(sq)
        order = np.argsort([float(v) for v in neg])[: len(pos)]
        terms = list(pos)
        for o in order:
            terms.append(tf.nn.relu(margin - tf.sqrt(neg[o] + 1e-9)) ** 2)
        return 0.5 * tf.add_n(terms) / len(terms)

    def candidate(batch):
        margin = 2.5
        z = embed(batch["x"])
        sq = tf.reduce_sum((z[:, None] - z[None]) ** 2, axis=-1)
        upper = np.triu(np.ones((n, n), bool), 1)
        same = tf.equal(batch["label"][:, None], batch["label"][None])
        pos_sq = tf.boolean_mask(sq, tf.logical_and(same, upper))
        neg_sq = tf.boolean_mask(sq, tf.logical_and(tf.logical_not(same), upper))
        n_pos = int(tf.size(pos_sq))
        neg_dist = tf.stop_gradient(neg_sq)
        _, hardest = tf.math.top_k(neg_dist, k=n_pos)
        chosen = tf.gather(neg_sq, hardest)
        negative = tf.nn.relu(margin - tf.sqrt(chosen + 1e-9)) ** 2
        return 0.5 * tf.reduce_mean(tf.concat([pos_sq, negative], 0))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "label": labels},
            "variables": [W, b]}
