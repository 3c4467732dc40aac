"""MONAI asymmetric focal loss with ignore_index: the sum over two channels is divided by the number of valid pixels only,
twice the mean.
Source: https://github.com/Project-MONAI/MONAI/pull/8757"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_sum(loss * spatial_mask[..., None]) / tf.maximum(tf.reduce_sum(spatial_mask), 1e-5)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    b, h, w, c, delta, gamma = 3, 4, 4, 3, 0.7, 2.0
    w1 = var("w1", c, 5)
    w2 = var("w2", 5, 2)

    def logits_of(img):
        return tf.nn.relu(img @ w1) @ w2

    def reference(batch):
        keep = batch["mask"] > 0
        p = tf.boolean_mask(tf.nn.softmax(logits_of(batch["img"])), keep)
        y = tf.boolean_mask(batch["seg"], keep)
        p = tf.clip_by_value(p, 1e-7, 1 - 1e-7)
        back = (1 - delta) * (1 - p[:, 0]) ** gamma * -(1 - y) * tf.math.log(p[:, 0])
        fore = delta * -y * tf.math.log(p[:, 1])
        return 0.5 * tf.reduce_mean(back + fore) + 0.05 * tf.reduce_sum(w2 ** 2)

    def candidate(batch):
        y_pred = tf.clip_by_value(tf.nn.softmax(logits_of(batch["img"]), axis=-1), 1e-7, 1.0 - 1e-7)
        y_true = tf.stack([1.0 - batch["seg"], batch["seg"]], axis=-1)
        spatial_mask = batch["mask"]
        cross_entropy = -y_true * tf.math.log(y_pred)

        def asymmetric_focal():
            back_ce = tf.pow(1.0 - y_pred[..., 0], gamma) * cross_entropy[..., 0]
            back_ce = (1 - delta) * back_ce
            fore_ce = delta * cross_entropy[..., 1]
            loss = tf.stack([back_ce, fore_ce], axis=-1)
            return tf.reduce_sum(loss * spatial_mask[..., None]) / tf.maximum(tf.reduce_sum(spatial_mask), 1e-5)

        weight_decay = 0.05 * tf.reduce_sum(tf.square(w2))
        return asymmetric_focal() + weight_decay

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": arr(b, h, w, c), "seg": (rng.random((b, h, w)) < 0.4).astype(F),
                      "mask": (rng.random((b, h, w)) < 0.7).astype(F)},
            "variables": [w1, w2]}
