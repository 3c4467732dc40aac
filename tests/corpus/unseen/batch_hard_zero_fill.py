"""The miner's maximum per anchor fills excluded entries with zero, which wins over the negated similarities.
Source: https://github.com/KevinMusgrave/pytorch-metric-learning/issues/476"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "return tf.argmax(tf.where(mask, mat, tf.zeros_like(mat)), axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, f, d, margin = 6, 5, 4, 0.4
    w = tf.Variable(rng.normal(size=(f, d)).astype(fx), name="w")
    b = tf.Variable((2.0 + 0.2 * rng.normal(size=(d,))).astype(fx), name="b")

    def embed(x):
        return tf.math.l2_normalize(tf.matmul(x, w) + b, axis=1)

    def reference(batch):
        e = embed(batch["x"])
        dist = -tf.matmul(e, e, transpose_b=True)
        y = batch["labels"]
        terms = []
        for i in range(n):
            others = tf.range(n) != i
            pos = tf.boolean_mask(dist[i], tf.logical_and(others, y == y[i]))
            neg = tf.boolean_mask(dist[i], y != y[i])
            terms.append(tf.nn.relu(tf.reduce_max(pos) - tf.reduce_min(neg) + margin))
        return tf.add_n(terms) / n

    def candidate(batch):
        embeddings, labels = embed(batch["x"]), batch["labels"]
        mat = -tf.matmul(embeddings, embeddings, transpose_b=True)
        same = tf.equal(labels[:, None], labels[None, :])
        eye = tf.cast(tf.eye(n), tf.bool)

        def get_max_per_row(mat, mask):
            return tf.argmax(tf.where(mask, mat, tf.zeros_like(mat)), axis=1)

        def get_min_per_row(mat, mask):
            return tf.argmin(tf.where(mask, mat, tf.fill(tf.shape(mat), tf.cast(np.inf, mat.dtype))), axis=1)

        positives = get_max_per_row(mat, tf.logical_and(same, tf.logical_not(eye)))
        negatives = get_min_per_row(mat, tf.logical_not(same))
        ap = tf.gather(mat, positives, axis=1, batch_dims=1)
        an = tf.gather(mat, negatives, axis=1, batch_dims=1)
        return tf.reduce_mean(tf.nn.relu(ap - an + margin))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": (0.5 * rng.normal(size=(n, f))).astype(fx), "labels": np.array([4, 7, 4, 9, 7, 9], "int32")},
            "variables": [w, b]}
