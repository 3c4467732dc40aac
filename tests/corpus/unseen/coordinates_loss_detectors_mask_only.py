"""YAD2K's coordinates loss is masked with detectors_mask only and the reporter misses the object mask. A responsible
detector sits in a cell with an object anyway, so a second mask changes nothing (the reporter closed it): right.
Source: https://github.com/allanzelener/YAD2K/issues/149"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, grid, anchors, feat = 14, 4, 3, 5
    w = tf.Variable((0.5 * rng.standard_normal((feat, anchors * 5))).astype(f), name="w")
    b = tf.Variable((0.2 * rng.standard_normal(anchors * 5)).astype(f), name="b")
    cell = rng.uniform(size=(n, grid, grid)) < 0.4
    best = rng.integers(0, anchors, (n, grid, grid))
    detectors = cell[..., None] & (best[..., None] == np.arange(anchors))
    batch = {
        "yolo_output": rng.standard_normal((n, grid, grid, feat)).astype(f),
        "cell_has_object": cell,
        "best_anchor": best.astype("int32"),
        "detectors_mask": detectors[..., None].astype(f),
        "matching_boxes": np.concatenate(
            [rng.uniform(size=(n, grid, grid, anchors, 2)), rng.standard_normal((n, grid, grid, anchors, 2))], -1).astype(f),
    }
    object_scale, no_object_scale, coordinates_scale = 5.0, 1.0, 1.0

    def reference(batch):
        """As the paper has it: for every cell with an object, its responsible box; all the others count as background."""
        raw = tf.reshape(batch["yolo_output"] @ w + b, (n, grid, grid, anchors, 5))
        in_cell = tf.cast(batch["cell_has_object"], f)
        total = 0.0
        for a in range(anchors):
            chosen = in_cell * tf.cast(tf.equal(batch["best_anchor"], a), f)
            xy = tf.sigmoid(raw[..., a, 0:2]) - batch["matching_boxes"][..., a, 0:2]
            wh = raw[..., a, 2:4] - batch["matching_boxes"][..., a, 2:4]
            conf = tf.sigmoid(raw[..., a, 4])
            error = tf.reduce_sum(xy**2, -1) + tf.reduce_sum(wh**2, -1)
            total += coordinates_scale * tf.reduce_sum(in_cell * chosen * error)
            total += object_scale * tf.reduce_sum(chosen * (1.0 - conf) ** 2)
            total += no_object_scale * tf.reduce_sum((1.0 - chosen) * conf**2)
        return 0.5 * total

    def candidate(batch):
        def yolo_head(feats):
            feats = tf.reshape(tf.tensordot(feats, w, 1) + b, (-1, grid, grid, anchors, 5))
            pred_boxes = tf.concat([tf.sigmoid(feats[..., 0:2]), feats[..., 2:4]], axis=-1)
            return pred_boxes, tf.sigmoid(feats[..., 4:5])

        pred_boxes, pred_confidence = yolo_head(batch["yolo_output"])
        detectors_mask = batch["detectors_mask"]
        no_object_weights = no_object_scale * (1 - detectors_mask)
        no_objects_loss = no_object_weights * tf.square(-pred_confidence)
        objects_loss = object_scale * detectors_mask * tf.square(1 - pred_confidence)
        confidence_loss = objects_loss + no_objects_loss
        coordinates_loss = coordinates_scale * detectors_mask * tf.square(batch["matching_boxes"] - pred_boxes)
        return 0.5 * (tf.reduce_sum(confidence_loss) + tf.reduce_sum(coordinates_loss))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
