"""Center loss by a distance matrix to all centers, a label mask and a clamp, which somebody found far too complicated: the
clamp only adds a constant for the masked entries, and the gradient is that of the plain squared distance.
Source: https://github.com/KaiyangZhou/pytorch-center-loss/issues/20"""
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
    n, d, feat_dim, num_classes = 16, 6, 3, 5
    centers = tf.Variable(rng.normal(size=(num_classes, feat_dim)).astype(f), name="centers")
    backbone = keras.layers.Dense(feat_dim, name="features")
    backbone.build((None, d))
    x = rng.normal(size=(n, d)).astype(f)
    labels = (np.arange(n) % num_classes).astype("int32")

    def reference(batch):
        diff = backbone(batch["x"]) - tf.gather(centers, batch["labels"])
        return tf.reduce_mean(tf.reduce_sum(tf.square(diff), axis=-1))

    def candidate(batch):
        class CenterLoss:
            def forward(self, x, labels):
                batch_size = x.shape[0]
                distmat = tf.tile(tf.reduce_sum(x ** 2, axis=1, keepdims=True), [1, num_classes])
                distmat += tf.transpose(tf.tile(tf.reduce_sum(centers ** 2, axis=1, keepdims=True), [1, batch_size]))
                distmat += -2.0 * tf.matmul(x, centers, transpose_b=True)
                classes = tf.range(num_classes)
                mask = tf.equal(tf.tile(labels[:, None], [1, num_classes]), classes[None])
                dist = distmat * tf.cast(mask, f)
                return tf.reduce_sum(tf.clip_by_value(dist, 1e-12, 1e12)) / batch_size

        features = tf.matmul(batch["x"], backbone.kernel) + backbone.bias
        return CenterLoss().forward(features, batch["labels"])

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "labels": labels},
            "variables": [centers] + list(backbone.trainable_variables)}
