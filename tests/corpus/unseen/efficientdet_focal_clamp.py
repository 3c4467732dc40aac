"""The class probabilities are clamped at 1e-4 in the focal loss; with very many anchors all scores are
below it at the start and the classification loss does not go down. Source: https://github.com/toandaominh1997/EfficientDet.Pytorch/issues/131"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "classification = tf.clip_by_value(tf.sigmoid(logits), 1e-4, 1.0 - 1e-4)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, a, f, c = 2, 7, 5, 3
    w_cls, w_box = var("cls_head", f, c, scale=0.3), var("box_head", f, 4)
    b_cls = tf.Variable(np.full(c, -13.0).astype(fx), name="cls_bias")
    labels = np.full((b, a), -1)
    labels[0, 2], labels[1, 1], labels[1, 5] = 0, 2, 1
    labels[0, 6] = -2
    batch = {"feat": rng.standard_normal((b, a, f)).astype(fx), "labels": labels.astype("int32"),
             "boxes": rng.standard_normal((b, a, 4)).astype(fx), "gamma": np.array(2.0, dtype=fx), "alpha": np.array(0.25, dtype=fx)}

    def heads(x):
        return x @ tf.reshape(w_cls, (1, f, c)) + b_cls, x @ tf.reshape(w_box, (1, f, 4))

    def box_loss(pred, batch):
        pos = tf.cast(batch["labels"] >= 0, pred.dtype)[..., None]
        return tf.reduce_sum(pos * tf.abs(pred - batch["boxes"])) / tf.reduce_sum(pos)

    def reference(batch):
        logits, boxes = heads(batch["feat"])
        hot = tf.one_hot(batch["labels"], c, dtype=fx)
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=hot, logits=logits)
        prob = tf.sigmoid(logits)
        weight = hot * batch["alpha"] * (1 - prob) ** batch["gamma"] + (1 - hot) * (1 - batch["alpha"]) * prob ** batch["gamma"]
        used = tf.cast(batch["labels"] != -2, fx)[..., None]
        n_pos = tf.reduce_sum(tf.cast(batch["labels"] >= 0, fx))
        return tf.reduce_sum(weight * ce * used) / n_pos + box_loss(boxes, batch)

    def candidate(batch):
        logits, regression = heads(batch["feat"])
        classification = tf.clip_by_value(tf.sigmoid(logits), 1e-4, 1.0 - 1e-4)
        targets = tf.one_hot(batch["labels"], c, dtype=logits.dtype)
        alpha_factor = tf.where(targets == 1.0, batch["alpha"], 1.0 - batch["alpha"])
        focal = tf.where(targets == 1.0, 1.0 - classification, classification)
        focal_weight = alpha_factor * tf.pow(focal, batch["gamma"])
        bce = -(targets * tf.math.log(classification) + (1.0 - targets) * tf.math.log(1.0 - classification))
        cls_loss = tf.where((batch["labels"] != -2)[..., None], focal_weight * bce, 0.0)
        num_positive = tf.reduce_sum(tf.cast(batch["labels"] >= 0, logits.dtype))
        return tf.reduce_sum(cls_loss) / num_positive + box_loss(regression, batch)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w_cls, b_cls, w_box]}
