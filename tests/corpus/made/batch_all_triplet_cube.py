"""Batch-all triplet loss as an (n, n, n) cube with expanded squared distances and a guarded sqrt.

Origin: realistic, in the manner of omoindrot/tensorflow-triplet-loss (pairwise distances with a mask where the
distance is zero); normalised here by the number of valid triplets.
Right answer: EQUIVALENT; the cube is meant, the diagonal is masked before and after the root.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, e, margin = 12, 6, 4, 0.5
    w = tf.Variable((0.6 * rng.standard_normal((d, e))).astype(f), name="embedding_w")
    batch = {"x": rng.standard_normal((n, d)).astype(f), "person": rng.permutation(np.arange(n) % 3)}

    def reference(b):
        z = tf.tanh(b["x"] @ w)
        who = b["person"].numpy()
        total, count = 0.0, 0
        for a in range(n):
            for p in range(n):
                if p == a or who[p] != who[a]:
                    continue
                neg = [k for k in range(n) if who[k] != who[a]]
                d_ap = tf.norm(z[a] - z[p])
                d_an = tf.norm(z[a][None] - tf.gather(z, neg), axis=1)
                total += tf.reduce_sum(tf.nn.relu(d_ap - d_an + margin))
                count += len(neg)
        return total / count

    def candidate(b):
        def pairwise(z):
            dot = tf.matmul(z, z, transpose_b=True)
            sq_norm = tf.linalg.diag_part(dot)
            sq = sq_norm[:, None] - 2.0 * dot + sq_norm[None, :]
            same_point = tf.eye(tf.shape(z)[0], dtype=tf.bool)
            safe = tf.where(same_point, tf.ones_like(sq), tf.maximum(sq, 1e-12))
            return tf.where(same_point, tf.zeros_like(sq), tf.sqrt(safe))

        dist = pairwise(tf.tanh(b["x"] @ w))
        cube = dist[:, :, None] - dist[:, None, :] + margin
        same = b["person"][:, None] == b["person"][None, :]
        positive = same & ~tf.eye(dist.shape[0], dtype=tf.bool)
        valid = positive[:, :, None] & ~same[:, None, :]
        hinge = tf.boolean_mask(tf.maximum(cube, 0.0), valid)
        return tf.reduce_mean(hinge)

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
