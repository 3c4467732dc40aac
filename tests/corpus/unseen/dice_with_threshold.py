"""A threshold option for the dice loss: the predictions are turned into zeros and ones by a comparison and made into a new
tensor, so no gradient reaches the network.
Source: https://github.com/qubvel-org/segmentation_models.pytorch/pull/611"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'return tf.cast(x > threshold, x.dtype)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, hh, ww, d = 12, 5, 4, 3
    image = rng.normal(size=(n, hh, ww, d)).astype(f)
    mask = (rng.uniform(size=(n, hh, ww)) < 0.5).astype(f)
    conv = tf.Variable(rng.normal(size=(d, 1)).astype(f), name="conv")
    bias = tf.Variable(np.array([0.1], f), name="bias")

    def reference(batch):
        pr = tf.sigmoid((batch["image"] @ conv)[..., 0] + bias)
        both = tf.reduce_sum(pr * batch["mask"])
        return 1.0 - (2.0 * both + 1.0) / (tf.reduce_sum(pr) + tf.reduce_sum(batch["mask"]) + 1.0)

    def candidate(batch):
        def _threshold(x, threshold=None):
            if threshold is None:
                return x
            return tf.cast(x > threshold, x.dtype)

        def f_score(pr, gt, beta=1, eps=1.0, threshold=None):
            pr = _threshold(pr, threshold=threshold)
            tp = tf.reduce_sum(gt * pr)
            fp = tf.reduce_sum(pr) - tp
            fn = tf.reduce_sum(gt) - tp
            return ((1 + beta ** 2) * tp + eps) / ((1 + beta ** 2) * tp + beta ** 2 * fn + fp + eps)

        class DiceLoss:
            def __init__(self, threshold=None):
                self.threshold = threshold

            def __call__(self, y_pr, y_gt):
                return 1 - f_score(y_pr, y_gt, threshold=self.threshold)

        logits = tf.squeeze(tf.tensordot(batch["image"], conv, 1), -1) + bias
        return DiceLoss(threshold=0.5)(tf.nn.sigmoid(logits), batch["mask"])

    return {"reference": reference, "candidate": candidate, "batch": {"image": image, "mask": mask}, "variables": [conv, bias]}
