"""kornia weighted dice loss: the class weight vector is multiplied onto an NCHW tensor, so it lands on the width.
Source: https://github.com/kornia/kornia/pull/3033"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "intersection = tf.reduce_sum(pred_soft * target_one_hot * weight, axis=dims)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, cin, C, H, W, eps = 3, 3, 4, 3, 4, 1e-8
    conv = tf.Variable(f(cin, C), name="conv")
    weight = np.array([0.1, 1.0, 2.0, 4.0]).astype(fx)

    def reference(batch):
        p = tf.nn.softmax(tf.einsum("nihw,ic->nchw", batch["img"], conv), axis=1)
        total = 0.0
        for b in range(n):
            inter, card = 0.0, 0.0
            for c in range(C):
                t = tf.cast(batch["label"][b] == c, fx)
                inter += weight[c] * tf.reduce_sum(p[b, c] * t)
                card += weight[c] * tf.reduce_sum(p[b, c] + t)
            total += 1.0 - 2.0 * inter / (card + eps)
        return total / n

    def candidate(batch):
        logits = tf.einsum("nihw,ic->nchw", batch["img"], conv)
        pred_soft = tf.nn.softmax(logits, axis=1)
        target_one_hot = tf.one_hot(batch["label"], C, axis=1, dtype=fx)
        dims = (1, 2, 3)
        intersection = tf.reduce_sum(pred_soft * target_one_hot * weight, axis=dims)
        per_class = tf.reduce_sum(pred_soft + target_one_hot, axis=(2, 3))
        cardinality = tf.reduce_sum(per_class * weight, axis=1)
        dice_score = 2.0 * intersection / (cardinality + eps)
        return tf.reduce_mean(1.0 - dice_score)

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": f(n, cin, H, W), "label": rng.integers(0, C, size=(n, H, W)).astype("int32")},
            "variables": [conv]}
