"""Detector loss of SuperPoint as in the review of this pull request: tf.losses.sparse_softmax_cross_entropy has already
averaged over all the cells when its result is multiplied by the valid mask, so the mask has no effect.
Source: https://github.com/rpautrat/SuperPoint/pull/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = sparse_softmax_cross_entropy(labels=labels, logits=logits)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, hc, wc, feat, grid = 12, 3, 4, 5, 2
    bins = grid * grid + 1
    head = keras.layers.Dense(bins, name="detector_head")
    head.build((None, feat))
    batch = {
        "features": rng.standard_normal((n, hc, wc, feat)).astype(f),
        "keypoint_map": (rng.uniform(size=(n, hc * grid, wc * grid)) < 0.15).astype("int32"),
        "valid_mask": (rng.uniform(size=(n, hc * grid, wc * grid)) < 0.9).astype("int32"),
    }

    def reference(batch):
        def cells(x):
            x = tf.reshape(tf.cast(x, f), (-1, hc, grid, wc, grid))
            return tf.reshape(tf.transpose(x, (0, 1, 3, 2, 4)), (-1, hc, wc, grid * grid))

        points = cells(batch["keypoint_map"])
        goal = tf.argmax(tf.concat([2.0 * points, tf.ones_like(points[..., :1])], axis=-1), axis=-1)
        inside = tf.reduce_min(cells(batch["valid_mask"]), axis=-1) > 0.5
        logp = tf.nn.log_softmax(head(batch["features"]))
        ce = -tf.gather(logp, goal, axis=-1, batch_dims=3)
        return tf.reduce_mean(tf.boolean_mask(ce, inside))

    def candidate(batch):
        def sparse_softmax_cross_entropy(labels, logits, weights=1.0):
            """tf.losses of TensorFlow 1: SUM_BY_NONZERO_WEIGHTS."""
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
            weights = weights * tf.ones_like(ce)
            return tf.reduce_sum(ce * weights) / tf.cast(tf.math.count_nonzero(weights), f)

        def detector_loss(keypoint_map, logits, valid_mask):
            labels = tf.cast(keypoint_map[..., tf.newaxis], f)
            labels = tf.nn.space_to_depth(labels, grid)
            shape = tf.concat([tf.shape(labels)[:3], [1]], axis=0)
            labels = tf.argmax(tf.concat([2 * labels, tf.ones(shape, dtype=f)], 3), axis=3)

            valid_mask = tf.cast(valid_mask[..., tf.newaxis], f)
            valid_mask = tf.nn.space_to_depth(valid_mask, grid)
            valid_mask = tf.reduce_prod(valid_mask, axis=3)

            loss = sparse_softmax_cross_entropy(labels=labels, logits=logits)
            loss = tf.reduce_sum(valid_mask * loss) / tf.reduce_sum(valid_mask)
            return loss

        return detector_loss(batch["keypoint_map"], head(batch["features"]), batch["valid_mask"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [head.kernel, head.bias]}
