"""Pairwise distances with the two square norms expanded along the other axes than the formula reads; called
misleading, but the sum is symmetric.
Source: https://github.com/omoindrot/tensorflow-triplet-loss/issues/12"""
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

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, d, k = 6, 4, 3
    w = var("w", d, k)
    labels = np.array([0, 0, 1, 1, 2, 2])
    margin = 0.7

    def reference(batch):
        e = batch["x"] @ w
        total, count = 0.0, 0
        for a in range(n):
            for p in range(n):
                if p == a or labels[p] != labels[a]:
                    continue
                for q in range(n):
                    if labels[q] != labels[a]:
                        dp, dn = tf.reduce_sum((e[a] - e[p]) ** 2), tf.reduce_sum((e[a] - e[q]) ** 2)
                        total += tf.nn.softplus(dp - dn + margin)
                        count += 1
        return total / count

    def candidate(batch):
        embeddings = tf.matmul(batch["x"], w)
        lab = batch["label"]
        dot_product = tf.matmul(embeddings, embeddings, transpose_b=True)
        square_norm = tf.linalg.diag_part(dot_product)
        distances = tf.expand_dims(square_norm, 0) - 2.0 * dot_product + tf.expand_dims(square_norm, 1)
        triplet = distances[:, :, None] - distances[:, None, :] + margin
        same = lab[:, None] == lab[None, :]
        positive = tf.logical_and(same, tf.logical_not(tf.eye(n, dtype=tf.bool)))
        mask = tf.cast(tf.logical_and(positive[:, :, None], tf.logical_not(same)[:, None, :]), triplet.dtype)
        return tf.reduce_sum(mask * tf.nn.softplus(triplet)) / tf.reduce_sum(mask)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "label": labels.astype("int32")}, "variables": [w]}
