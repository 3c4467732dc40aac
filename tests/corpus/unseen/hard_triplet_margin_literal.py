"""Hardest triplet loss: the margin of the class is ignored, 0.1 is written into the hinge.

Source (real): https://github.com/taylover-pei/SSDG-CVPR2020/issues/2 (PyTorch, ported).
Right answer: NOT equivalent for another margin; too many triplets count as solved.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "triplet_loss = tf.nn.relu(hardest_positive_dist - hardest_negative_dist + 0.1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb, classes, margin = 21, 6, 4, 3, 0.8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.6 * arr(d, emb), name="w")
    b0 = tf.Variable(0.2 * arr(emb), name="b")
    labels = np.arange(n) % classes
    centres = 1.6 * arr(classes, d)
    batch = {"x": centres[labels] + 0.6 * arr(n, d), "labels": labels}

    def embed(x):
        return tf.math.l2_normalize(x @ w + b0, axis=-1)

    def reference(b):
        e, lab = embed(b["x"]), b["labels"].numpy()
        total = 0.0
        for a in range(len(lab)):
            def distances(keep):
                return tf.stack([tf.sqrt(tf.reduce_sum(tf.square(e[a] - e[j]))) for j in range(len(lab)) if keep(j)])

            far = tf.reduce_max(distances(lambda j: j != a and lab[j] == lab[a]))
            near = tf.reduce_min(distances(lambda j: lab[j] != lab[a]))
            total += tf.maximum(far - near + margin, 0.0)
        return total / len(lab)

    def candidate(b):
        x = embed(b["x"])
        cor_mat = tf.matmul(x, x, transpose_b=True)
        norm_mat = tf.linalg.diag_part(cor_mat)
        distances = tf.nn.relu(norm_mat[:, None] - 2 * cor_mat + norm_mat[None, :])
        diagonal = tf.eye(x.shape[0], dtype=x.dtype)
        pairwise_dist = tf.sqrt(distances * (1.0 - diagonal) + diagonal) * (1.0 - diagonal)

        same = tf.cast(b["labels"][:, None] == b["labels"][None, :], x.dtype)
        hardest_positive_dist = tf.reduce_max(pairwise_dist * same, axis=1, keepdims=True)

        max_anchor_negative_dist = tf.reduce_max(pairwise_dist, axis=1, keepdims=True)
        anchor_negative_dist = pairwise_dist + max_anchor_negative_dist * same
        hardest_negative_dist = tf.reduce_min(anchor_negative_dist, axis=1, keepdims=True)

        triplet_loss = tf.nn.relu(hardest_positive_dist - hardest_negative_dist + 0.1)
        return tf.reduce_mean(triplet_loss)

    return {"variables": [w, b0], "batch": batch, "reference": reference, "candidate": candidate}
