"""Multi-class BCE for segmentation on N, C, H, W logits: pos_weight holds one number a class, and is broadcast along the
last axis (the image width) as the logits are not put channels last.
Source: https://github.com/open-mmlab/mmsegmentation/pull/2836"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "loss = tf.nn.weighted_cross_entropy_with_logits(label, pred, pos_weight=class_weight)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, classes, height, width, feat = 12, 4, 3, 4, 5
    kernel = tf.Variable(rng.normal(size=(feat, classes)).astype(f), name="kernel")
    bias = tf.Variable(rng.normal(size=(classes,)).astype(f) * 0.2, name="bias")
    pos = np.array([0.5, 1.0, 3.0, 8.0], f)
    batch = {
        "maps": rng.normal(size=(n, feat, height, width)).astype(f),
        "label": rng.integers(0, classes, size=(n, height, width)).astype("int32"),
    }

    def reference(batch):
        x = tf.transpose(batch["maps"], (0, 2, 3, 1))
        logits = tf.tensordot(x, kernel, 1) + bias
        y = tf.one_hot(batch["label"], classes, dtype=f)
        per_class = pos * y * tf.nn.softplus(-logits) + (1 - y) * tf.nn.softplus(logits)
        return tf.reduce_mean(per_class)

    def candidate(batch):
        def expand_onehot_labels(labels):
            planes = [tf.cast(labels == c, f) for c in range(classes)]
            return tf.stack(planes, axis=1)

        def conv_seg(maps):
            return tf.einsum("nfhw,fc->nchw", maps, kernel) + bias[None, :, None, None]

        def binary_cross_entropy(pred, label, class_weight):
            label = expand_onehot_labels(label)
            loss = tf.nn.weighted_cross_entropy_with_logits(label, pred, pos_weight=class_weight)
            return tf.reduce_mean(loss)

        return binary_cross_entropy(conv_seg(batch["maps"]), batch["label"], tf.constant(pos))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [kernel, bias]}
