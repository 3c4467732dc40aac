"""Classification and box loss of a batch are summed and divided by all positives; each image should be divided by
its own number of positive anchors. Source: https://github.com/fizyr/keras-retinanet/pull/79"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "normalizer = tf.maximum(tf.reduce_sum(positive), 1.0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, a, c, f = 3, 12, 4, 5
    w_cls = tf.Variable(rng.normal(size=(f, c)).astype(fx), name="w_cls")
    w_box = tf.Variable(rng.normal(size=(f, 4)).astype(fx), name="w_box")
    state = np.zeros((n, a), "int32")
    for i, k in enumerate((1, 4, 7)):
        state[i, :k] = 1
        state[i, k] = -1
    labels = rng.integers(0, c, size=(n, a)).astype("int32")

    def reference(batch):
        losses = []
        for i in range(n):
            feat, st = batch["features"][i], batch["anchor_state"][i]
            p = tf.clip_by_value(tf.sigmoid(tf.matmul(feat, w_cls)), 1e-6, 1 - 1e-6)
            pos = tf.cast(tf.equal(st, 1), p.dtype)
            keep = tf.cast(tf.not_equal(st, -1), p.dtype)
            t = tf.one_hot(batch["labels"][i], c, dtype=p.dtype) * pos[:, None]
            pt = tf.where(t > 0.5, p, 1 - p)
            at = tf.where(t > 0.5, 0.25 * tf.ones_like(p), 0.75 * tf.ones_like(p))
            focal = tf.reduce_sum(-at * (1 - pt) ** 2 * tf.math.log(pt), axis=-1) * keep
            d = tf.abs(tf.matmul(feat, w_box) - batch["box_targets"][i])
            huber = tf.reduce_sum(tf.where(d < 1.0, 0.5 * d * d, d - 0.5), axis=-1) * pos
            count = tf.reduce_sum(pos)
            losses.append((tf.reduce_sum(focal) + tf.reduce_sum(huber)) / tf.maximum(count, 1.0))
        return tf.add_n(losses)

    def candidate(batch):
        features, anchor_state = batch["features"], batch["anchor_state"]
        prob = tf.clip_by_value(tf.sigmoid(tf.einsum("naf,fc->nac", features, w_cls)), 1e-6, 1 - 1e-6)
        positive = tf.cast(tf.equal(anchor_state, 1), prob.dtype)
        valid = tf.cast(tf.not_equal(anchor_state, -1), prob.dtype)
        onehot = tf.one_hot(batch["labels"], c, dtype=prob.dtype) * positive[..., None]
        alpha_factor = onehot * 0.25 + (1 - onehot) * 0.75
        focal_weight = alpha_factor * tf.pow(onehot * (1 - prob) + (1 - onehot) * prob, 2.0)
        bce = -(onehot * tf.math.log(prob) + (1 - onehot) * tf.math.log(1 - prob))
        cls_loss = tf.reduce_sum(focal_weight * bce, axis=2) * valid
        diff = tf.abs(tf.einsum("naf,fk->nak", features, w_box) - batch["box_targets"])
        box_loss = tf.reduce_sum(tf.where(diff < 1.0, 0.5 * tf.square(diff), diff - 0.5), axis=2) * positive
        normalizer = tf.maximum(tf.reduce_sum(positive), 1.0)
        per_image = tf.reduce_sum(cls_loss + box_loss, axis=1) / normalizer
        return tf.reduce_sum(per_image)

    return {"reference": reference, "candidate": candidate,
            "batch": {"features": rng.normal(size=(n, a, f)).astype(fx), "anchor_state": state, "labels": labels,
                      "box_targets": rng.normal(size=(n, a, 4)).astype(fx)},
            "variables": [w_cls, w_box]}
