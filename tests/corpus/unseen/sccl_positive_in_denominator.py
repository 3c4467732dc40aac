"""Asked: SCCL's code adds the positive to the sum of negatives in the denominator. That is the usual softmax over the other
views and is right. Source: https://github.com/amazon-science/sccl/issues/27"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, e, temp = 5, 6, 4, 0.5
    head = keras.layers.Dense(e, name="contrast_head")
    head.build((None, d))

    def embed(x):
        return tf.nn.l2_normalize(head(x), axis=1)

    def reference(batch):
        z = tf.concat([embed(batch["aug_1"]), embed(batch["aug_2"])], axis=0)
        sim = tf.matmul(z, z, transpose_b=True) / temp
        sim = sim - 1e9 * tf.eye(2 * n, dtype=sim.dtype)
        partner = tf.concat([tf.range(n, 2 * n), tf.range(n)], axis=0)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=partner, logits=sim))

    def candidate(batch):
        features_1, features_2 = embed(batch["aug_1"]), embed(batch["aug_2"])
        features = tf.concat([features_1, features_2], axis=0)
        mask = tf.logical_not(tf.tile(tf.cast(tf.eye(n), tf.bool), [2, 2]))
        pos = tf.exp(tf.reduce_sum(features_1 * features_2, axis=-1) / temp)
        pos = tf.concat([pos, pos], axis=0)
        neg = tf.exp(tf.matmul(features, features, transpose_b=True) / temp)
        neg = tf.reshape(tf.boolean_mask(neg, mask), (2 * n, -1))
        ng = tf.reduce_sum(neg, axis=-1)
        return tf.reduce_mean(-tf.math.log(pos / (ng + pos)))

    x = rng.normal(size=(n, d))
    return {"reference": reference, "candidate": candidate,
            "batch": {"aug_1": x.astype(fx), "aug_2": (x + 0.4 * rng.normal(size=(n, d))).astype(fx)},
            "variables": head.trainable_variables}
