"""Pytorch-Deeplab: the loss computes log_softmax of the prediction and then calls cross_entropy, which does it again. That
was reported as a bug, but log_softmax of log-probabilities changes nothing.
Source: https://github.com/speedinghzl/Pytorch-Deeplab/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}
IGNORE = 255


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, c, h, w, classes = 12, 4, 6, 5, 3
    k = tf.Variable(rng.normal(size=(c, classes)).astype(f), name="classifier_kernel")
    b = tf.Variable(rng.normal(size=(classes,)).astype(f), name="classifier_bias")
    feat = rng.normal(size=(n, c, h, w)).astype(f)
    label = rng.integers(0, classes, size=(n, h, w)).astype("int32")
    label[rng.uniform(size=label.shape) < 0.2] = IGNORE

    def reference(batch):
        logits = tf.einsum("bchw,cl->bhwl", batch["feat"], k) + b
        valid = batch["label"] != IGNORE
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.where(valid, batch["label"], 0), logits)
        valid = tf.cast(valid, f)
        return tf.reduce_sum(ce * valid) / tf.reduce_sum(valid)

    def candidate(batch):
        def cross_entropy(predict, target):
            picked = tf.one_hot(target, classes, dtype=f) * tf.nn.log_softmax(predict, axis=1)
            return -tf.reduce_sum(picked) / tf.cast(tf.size(target), f)

        class CrossEntropy2d:
            def forward(self, predict, target):
                keep = tf.where(tf.logical_and(target >= 0, target != IGNORE))
                target = tf.gather_nd(target, keep)
                predict = tf.gather_nd(tf.transpose(predict, (0, 2, 3, 1)), keep)
                return cross_entropy(predict, target)

        def loss_calc(pred, label):
            pred = tf.nn.log_softmax(pred, axis=1)
            return CrossEntropy2d().forward(pred, label)

        planes = [tf.reduce_sum(batch["feat"] * k[:, l][None, :, None, None], axis=1) + b[l] for l in range(classes)]
        return loss_calc(tf.stack(planes, axis=1), batch["label"])

    return {"reference": reference, "candidate": candidate, "batch": {"feat": feat, "label": label}, "variables": [k, b]}
