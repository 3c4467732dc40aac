"""Binary dice loss: valid_mask is applied to the numerator only, ignored pixels still grow the denominator.
Source: https://github.com/open-mmlab/mmsegmentation/issues/1088"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "den = tf.reduce_sum(pred ** exponent + target ** exponent, axis=1) + smooth",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, p, d, k, exponent, smooth, ignore = 3, 10, 4, 3, 2, 1.0, 255
    w = tf.Variable(rng.normal(size=(d, k)).astype(fx), name="seg_head")
    b = tf.Variable((0.2 * rng.normal(size=(k,))).astype(fx), name="seg_bias")
    label = rng.integers(0, k, size=(n, p))
    label[:, -4:] = ignore

    def reference(batch):
        prob = tf.nn.softmax(batch["x"] @ w + b)
        total = 0.0
        for i in range(n):
            keep = tf.where(batch["label"][i] != ignore)[:, 0]
            y = tf.gather(batch["label"][i], keep)
            q = tf.gather(prob[i], keep)
            for c in range(k):
                t = tf.cast(y == c, q.dtype)
                num = 2.0 * tf.reduce_sum(q[:, c] * t) + smooth
                den = tf.reduce_sum(q[:, c] ** 2) + tf.reduce_sum(t) + smooth
                total += (1.0 - num / den) / (n * k)
        return total

    def candidate(batch):
        def binary_dice_loss(pred, target, valid_mask):
            num = tf.reduce_sum(pred * target * valid_mask, axis=1) * 2 + smooth
            den = tf.reduce_sum(pred ** exponent + target ** exponent, axis=1) + smooth
            return tf.reduce_mean(1.0 - num / den)

        pred = tf.nn.softmax(tf.tensordot(batch["x"], w, axes=1) + b, axis=-1)
        label = batch["label"]
        valid = tf.cast(label != ignore, pred.dtype)
        one_hot = tf.one_hot(tf.clip_by_value(label, 0, k - 1), k, dtype=pred.dtype)
        loss = 0.0
        for c in range(k):
            loss += binary_dice_loss(pred[:, :, c], one_hot[:, :, c], valid)
        return loss / k

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"x": rng.normal(size=(n, p, d)).astype(fx), "label": label.astype("int32")},
        "variables": [w, b],
    }
