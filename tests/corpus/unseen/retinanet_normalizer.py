"""keras-retinanet: the losses are normalised by the positive anchors of each image and then averaged, instead of by the total number of positive anchors. Source: https://github.com/fizyr/keras-retinanet/pull/339"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "normalizer = tf.maximum(1.0, tf.reduce_sum(tf.cast(tf.equal(anchor_state, 1), tf.float32), axis=1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, anchors, feat, classes = 4, 9, 6, 3
    alpha, gamma, sigma = 0.25, 2.0, 3.0
    shared = tf.keras.layers.Dense(10, activation="relu")
    class_head = tf.keras.layers.Dense(classes, bias_initializer=tf.keras.initializers.Constant(-2.0))
    box_head = tf.keras.layers.Dense(4)

    def heads(features):
        h = shared(features)
        return tf.sigmoid(class_head(h)), box_head(h)

    def focal_elements(labels, probs, anchor_state):
        alpha_factor = tf.where(tf.equal(labels, 1.0), alpha, 1.0 - alpha)
        focal_weight = tf.where(tf.equal(labels, 1.0), 1.0 - probs, probs)
        bce = -(labels * tf.math.log(probs + 1e-7) + (1.0 - labels) * tf.math.log(1.0 - probs + 1e-7))
        keep = tf.cast(tf.not_equal(anchor_state, -1), tf.float32)
        return alpha_factor * focal_weight ** gamma * bce * keep[..., None]

    def smooth_l1_elements(targets, boxes, anchor_state):
        diff = tf.abs(boxes - targets)
        loss = tf.where(tf.less(diff, 1.0 / sigma ** 2), 0.5 * sigma ** 2 * diff ** 2, diff - 0.5 / sigma ** 2)
        return loss * tf.cast(tf.equal(anchor_state, 1), tf.float32)[..., None]

    def reference(batch):
        probs, boxes = heads(batch["features"])
        total = tf.reduce_sum(focal_elements(batch["labels"], probs, batch["anchor_state"]))
        total += tf.reduce_sum(smooth_l1_elements(batch["boxes"], boxes, batch["anchor_state"]))
        return total / tf.maximum(1.0, tf.reduce_sum(tf.cast(batch["anchor_state"] == 1, tf.float32)))

    def candidate(batch):
        anchor_state = batch["anchor_state"]
        classification, regression = heads(batch["features"])
        normalizer = tf.maximum(1.0, tf.reduce_sum(tf.cast(tf.equal(anchor_state, 1), tf.float32), axis=1))
        cls_loss = tf.reduce_sum(focal_elements(batch["labels"], classification, anchor_state), axis=[1, 2])
        regression_loss = tf.reduce_sum(smooth_l1_elements(batch["boxes"], regression, anchor_state), axis=[1, 2])
        return tf.reduce_mean(cls_loss / normalizer) + tf.reduce_mean(regression_loss / normalizer)

    state = rng.choice([-1, 0], size=(n, anchors), p=[0.2, 0.8]).astype(np.int32)
    for i, pos in enumerate([1, 2, 5, 3]):
        state[i, rng.choice(anchors, size=pos, replace=False)] = 1
    labels = np.eye(classes, dtype=np.float32)[rng.integers(0, classes, size=(n, anchors))] * (state == 1)[..., None]
    features = rng.normal(size=(n, anchors, feat)).astype(np.float32)
    heads(features)
    batch = {"features": features, "labels": labels.astype(np.float32), "anchor_state": state, "boxes": rng.normal(size=(n, anchors, 4)).astype(np.float32)}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": shared.trainable_variables + class_head.trainable_variables + box_head.trainable_variables}
