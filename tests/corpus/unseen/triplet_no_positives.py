"""Semi-hard triplet loss: with small batches there may be no positive pair, and the division by num_positives gives NaN
for everything trained jointly. Source: https://github.com/tensorflow/addons/issues/2447"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "triplet_loss = tf.math.truediv(tf.reduce_sum(hinge), num_positives)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, e, c, margin = 6, 5, 4, 8, 1.0
    encoder = keras.layers.Dense(e, name="embedding")
    head = keras.layers.Dense(c, name="classifier")
    encoder.build((None, d))
    head.build((None, e))

    def sq_dist(x):
        sq = tf.reduce_sum(x * x, axis=1)
        return tf.maximum(sq[:, None] - 2.0 * tf.matmul(x, x, transpose_b=True) + sq[None, :], 0.0)

    def reference(batch):
        z = encoder(batch["x"])
        y = batch["label"]
        ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=head(z)))
        dist = sq_dist(z)
        total, count = 0.0, 0
        for i in range(n):
            for j in range(n):
                if i != j and int(y[i]) == int(y[j]):
                    others = tf.boolean_mask(dist[i], tf.not_equal(y, y[i]))
                    total += tf.maximum(margin + dist[i, j] - tf.reduce_min(others), 0.0)
                    count += 1
        return ce + (total / count if count else 0.0)

    def candidate(batch):
        labels = batch["label"]
        embeddings = encoder(batch["x"])
        logits = head(embeddings)
        ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
        pdist = sq_dist(embeddings)
        adjacency = tf.equal(labels[:, None], labels[None, :])
        adjacency_not = tf.cast(tf.logical_not(adjacency), pdist.dtype)
        axis_max = tf.reduce_max(pdist, axis=1, keepdims=True)
        negatives = tf.reduce_min((pdist - axis_max) * adjacency_not, axis=1, keepdims=True) + axis_max
        loss_mat = margin + pdist - negatives
        mask_positives = tf.cast(adjacency, pdist.dtype) - tf.eye(n, dtype=pdist.dtype)
        num_positives = tf.reduce_sum(mask_positives)
        hinge = tf.maximum(loss_mat * mask_positives, 0.0)
        triplet_loss = tf.math.truediv(tf.reduce_sum(hinge), num_positives)
        return ce + triplet_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "label": rng.permutation(c)[:n].astype("int32")},
            "variables": encoder.trainable_variables + head.trainable_variables}
