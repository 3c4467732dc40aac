"""ArcFace in Revisiting Deep Metric Learning adds the angular margin to every class of the matrix (batch, classes), not to
the class of the sample alone.
Source: https://github.com/Confusezius/Revisiting_Deep_Metric_Learning_PyTorch/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "class_pred = self.feature_scale * phi",
    "same_forward_value": False,
}


class Criterion:
    def __init__(self, class_map, angular_margin=0.5, feature_scale=8.0):
        self.class_map = class_map
        self.margin = angular_margin
        self.feature_scale = feature_scale
        self.cos_margin = np.cos(angular_margin)
        self.sin_margin = np.sin(angular_margin)

    def forward(self, batch, labels):
        class_map = tf.math.l2_normalize(self.class_map, axis=1)
        cos_similarity = tf.clip_by_value(tf.matmul(batch, class_map, transpose_b=True), -0.999, 0.999)
        sin_similarity = tf.sqrt(1.0 - cos_similarity ** 2)
        phi = cos_similarity * self.cos_margin - sin_similarity * self.sin_margin
        class_pred = self.feature_scale * phi
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=class_pred))


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    classes, margin, scale = 5, 0.5, 8.0
    net = tf.Variable(rng.standard_normal((6, 4)).astype(f), name="net")
    centers = tf.Variable(rng.standard_normal((classes, 4)).astype(f), name="class_map")
    crit = Criterion(centers, margin, scale)

    def reference(batch):
        e = tf.math.l2_normalize(batch["x"] @ net, axis=1)
        c = tf.math.l2_normalize(centers, axis=1)
        cos = tf.clip_by_value(tf.einsum("nd,kd->nk", e, c), -0.999, 0.999)
        theta = tf.acos(cos) + margin * tf.one_hot(batch["y"], classes, dtype=f)
        logp = tf.nn.log_softmax(scale * tf.cos(theta))
        return -tf.reduce_mean(tf.gather(logp, batch["y"], batch_dims=1))

    def candidate(batch):
        embeds = tf.math.l2_normalize(tf.matmul(batch["x"], net), axis=-1)
        return crit.forward(embeds, batch["y"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((12, 6)).astype(f), "y": rng.integers(0, classes, 12).astype("int32")},
            "variables": [net, centers]}
