"""Text detection with several classes: the dice term is taken over the whole tensor and not per class.
Source: https://github.com/mindee/doctr/pull/1442"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "axes = [0, 1, 2, 3]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, h, w, cin, k = 3, 4, 4, 3, 3
    ker = tf.Variable(rng.normal(size=(cin, k), scale=1.2).astype(fx), name="head_kernel")
    bias = tf.Variable(np.array([1.0, -0.5, -1.0]).astype(fx), name="head_bias")
    eps = 1e-6

    def reference(batch):
        prob = tf.nn.softmax(tf.einsum("bhwc,ck->bhwk", batch["feat"], ker) + bias, axis=-1)
        m = batch["seg_mask"]
        per_class = []
        for c in range(k):
            p, t = prob[..., c] * m[..., c], batch["seg_target"][..., c] * m[..., c]
            inter = tf.reduce_sum(p * t)
            card = tf.reduce_sum(p) + tf.reduce_sum(t)
            per_class.append(1.0 - 2.0 * (inter + eps) / (card + eps))
        return tf.add_n(per_class) / k

    def candidate(batch):
        out_map = tf.einsum("bhwc,ck->bhwk", batch["feat"], ker) + bias
        dice_map = tf.nn.softmax(out_map, axis=-1)
        seg_mask, seg_target = batch["seg_mask"], batch["seg_target"]
        axes = [0, 1, 2, 3]
        inter = tf.reduce_sum(seg_mask * dice_map * seg_target, axis=axes)
        cardinality = tf.reduce_sum(seg_mask * (dice_map + seg_target), axis=axes)
        dice_loss = 1 - 2 * (inter + eps) / (cardinality + eps)
        return tf.reduce_mean(dice_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(b, h, w, cin)).astype(fx),
                      "seg_target": (rng.uniform(size=(b, h, w, k)) < np.array([0.7, 0.2, 0.1])).astype(fx),
                      "seg_mask": (rng.uniform(size=(b, h, w, k)) < 0.9).astype(fx)},
            "variables": [ker, bias]}
