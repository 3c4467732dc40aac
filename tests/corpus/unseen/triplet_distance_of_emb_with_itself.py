"""Triplet loss of IDM: euclidean_dist(emb, emb) was taken for a zero matrix; it is the table of all pairs, and the hardest
ones are chosen from it.
Source: https://github.com/SikaStar/IDM/issues/9"""
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
    f = keras.config.floatx()
    n, d, e = 16, 6, 5
    crops = rng.normal(size=(n, d)).astype(f)
    pids = np.repeat(np.arange(4), 4)
    backbone = tf.Variable(rng.normal(size=(d, e)).astype(f), name="backbone")

    def reference(batch):
        emb = batch["crops"] @ backbone
        terms = []
        for i in range(n):
            far, near = None, None
            for j in range(n):
                if i == j:
                    continue
                dist = tf.norm(emb[i] - emb[j])
                if pids[i] == pids[j]:
                    far = dist if far is None else tf.maximum(far, dist)
                else:
                    near = dist if near is None else tf.minimum(near, dist)
            terms.append(tf.nn.relu(far - near + 0.3))
        return tf.add_n(terms) / n

    def candidate(batch):
        def euclidean_dist(x, y):
            xx = tf.reduce_sum(x ** 2, axis=1, keepdims=True)
            yy = tf.transpose(tf.reduce_sum(y ** 2, axis=1, keepdims=True))
            dist = xx + yy - 2.0 * tf.matmul(x, y, transpose_b=True)
            return tf.sqrt(tf.maximum(dist, 1e-12))

        def _batch_hard(mat_distance, mat_similarity):
            pos = tf.argsort(mat_distance - 1e7 * (1.0 - mat_similarity), axis=1, direction="DESCENDING")[:, 0]
            neg = tf.argsort(mat_distance + 1e7 * mat_similarity, axis=1)[:, 0]
            hard_p = tf.gather(mat_distance, pos[:, None], batch_dims=1)[:, 0]
            hard_n = tf.gather(mat_distance, neg[:, None], batch_dims=1)[:, 0]
            return hard_p, hard_n

        emb = tf.einsum("nd,de->ne", batch["crops"], backbone)
        mat_dist = euclidean_dist(emb, emb)
        mat_sim = tf.cast(batch["pids"][:, None] == batch["pids"][None, :], f)
        dist_ap, dist_an = _batch_hard(mat_dist, mat_sim)
        return tf.reduce_mean(tf.maximum(0.3 - (dist_an - dist_ap), 0.0))

    return {"reference": reference, "candidate": candidate, "batch": {"crops": crops, "pids": pids}, "variables": [backbone]}
