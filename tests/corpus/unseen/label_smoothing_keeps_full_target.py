"""SmoothCrossEntropyLoss of pytorch-randaugment: the hot class is only reduced by s/C (not by s), so that the smoothed
targets sum to more than one.
Source: https://github.com/ildoonet/pytorch-randaugment/issues/30"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "target = target * (1. - s_by_c) + smooth",
    "same_forward_value": False,
}


def cross_entropy(input, target, size_average=True):
    logsoftmax = tf.nn.log_softmax(input, axis=1)
    if size_average:
        return tf.reduce_mean(tf.reduce_sum(-target * logsoftmax, axis=1))
    return tf.reduce_sum(tf.reduce_sum(-target * logsoftmax, axis=1))


class SmoothCrossEntropyLoss:
    def __init__(self, label_smoothing=0.0, size_average=True):
        self.label_smoothing = label_smoothing
        self.size_average = size_average

    def forward(self, input, target):
        if len(target.shape) == 1:
            target = tf.one_hot(target, input.shape[-1], dtype=input.dtype)
        if self.label_smoothing > 0.0:
            s_by_c = self.label_smoothing / input.shape[-1]
            smooth = tf.zeros_like(target)
            smooth = smooth + s_by_c
            target = target * (1. - s_by_c) + smooth
        return cross_entropy(input, target, self.size_average)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    classes, eps = 7, 0.4
    model = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(6, activation="tanh", name="hid"),
                              keras.layers.Dense(classes, name="cls")])
    criterion = SmoothCrossEntropyLoss(label_smoothing=eps)

    def reference(batch):
        ce = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=eps)
        return ce(tf.one_hot(batch["y"], classes, dtype=f), model(batch["x"]))

    def candidate(batch):
        preds = model(batch["x"])
        return criterion.forward(preds, batch["y"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((12, 5)).astype(f), "y": rng.integers(0, classes, 12).astype("int32")},
            "variables": list(model.trainable_variables)}
