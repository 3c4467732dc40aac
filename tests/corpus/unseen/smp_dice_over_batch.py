"""Dice loss: intersection and cardinality are summed over the batch too, so there is one Dice score per class and not one per image and class.

Source (real): https://github.com/qubvel-org/segmentation_models.pytorch/issues/712 (PyTorch, ported; the proposed change is `dims = (2)`).
Right answer: NOT equivalent to the mean of the images' Dice losses; images with a large object dominate.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "dims = (0, 2)",
    "same_forward_value": False,
}

_SMOOTH = 1.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, pixels, cin, classes = 14, 20, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.8 * arr(cin, classes), name="head_w")
    bias = tf.Variable(0.2 * arr(classes), name="head_b")
    share = rng.dirichlet([0.4] * classes, n)
    labels = np.stack([rng.choice(classes, pixels, p=p) for p in share])
    batch = {"feat": arr(n, pixels, cin), "mask": labels}

    def reference(b):
        per_image = []
        for i in range(b["feat"].shape[0]):
            prob = tf.nn.softmax(b["feat"][i] @ w + bias)
            scores = []
            for c in range(classes):
                truth = tf.cast(b["mask"][i] == c, w.dtype)
                overlap = tf.tensordot(prob[:, c], truth, 1)
                scores.append((2 * overlap + _SMOOTH) / (tf.reduce_sum(prob[:, c]) + tf.reduce_sum(truth) + _SMOOTH))
            per_image.append(1.0 - tf.add_n(scores) / classes)
        return tf.add_n(per_image) / len(per_image)

    def candidate(b):
        def soft_dice_score(output, target, dims):
            intersection = tf.reduce_sum(output * target, axis=dims)
            cardinality = tf.reduce_sum(output + target, axis=dims)
            return (2.0 * intersection + _SMOOTH) / (cardinality + _SMOOTH)

        class DiceLoss:
            def __call__(self, y_pred, y_true):
                y_pred = tf.exp(tf.nn.log_softmax(y_pred, axis=1))
                dims = (0, 2)
                y_true = tf.transpose(tf.one_hot(y_true, classes, dtype=y_pred.dtype), [0, 2, 1])
                scores = soft_dice_score(y_pred, y_true, dims)
                return tf.reduce_mean(1.0 - scores)

        logits = tf.einsum("npi,ic->ncp", b["feat"], w) + bias[:, None]
        return DiceLoss()(logits, b["mask"])

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
