"""Batch-hard triplet loss: 1 - mask is an integer index instead of a boolean selection, so that the hardest negative
is taken from elements 0 and 1. Source: https://github.com/Cysu/open-reid/issues/24"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "dist_an.append(tf.reduce_min(tf.gather(dist[i], 1 - mask[i])))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, f, d, margin = 8, 6, 4, 2.0
    w1 = tf.Variable(rng.normal(size=(f, 8)).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(size=(8, d)).astype(fx), name="w2")

    def embed(x):
        return tf.matmul(tf.nn.leaky_relu(tf.matmul(x, w1), 0.1), w2)

    def reference(batch):
        e = embed(batch["images"])
        diff = e[:, None, :] - e[None, :, :]
        dd = tf.sqrt(tf.maximum(tf.reduce_sum(diff * diff, -1), 1e-12))
        same = batch["pids"][:, None] == batch["pids"][None, :]
        big = tf.constant(1e6, dd.dtype)
        hardest_pos = tf.reduce_max(tf.where(same, dd, -big), axis=1)
        hardest_neg = tf.reduce_min(tf.where(same, big, dd), axis=1)
        return tf.reduce_mean(tf.nn.relu(hardest_pos - hardest_neg + margin))

    def candidate(batch):
        inputs, targets = embed(batch["images"]), batch["pids"]
        diff = tf.expand_dims(inputs, 1) - tf.expand_dims(inputs, 0)
        dist = tf.sqrt(tf.clip_by_value(tf.reduce_sum(tf.square(diff), axis=2), 1e-12, 1e12))
        mask = tf.cast(tf.equal(targets[:, None], targets[None, :]), tf.int32)
        dist_ap, dist_an = [], []
        for i in range(n):
            dist_ap.append(tf.reduce_max(tf.boolean_mask(dist[i], mask[i] == 1)))
            dist_an.append(tf.reduce_min(tf.gather(dist[i], 1 - mask[i])))
        dist_ap, dist_an = tf.stack(dist_ap), tf.stack(dist_an)
        return tf.reduce_mean(tf.maximum(dist_ap - dist_an + margin, 0.0))

    return {"reference": reference, "candidate": candidate,
            "batch": {"images": rng.normal(size=(n, f)).astype(fx),
                      "pids": np.array([3, 5, 7, 3, 5, 7, 9, 9], "int32")},
            "variables": [w1, w2]}
