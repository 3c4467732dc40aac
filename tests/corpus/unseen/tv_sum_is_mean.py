"""TVLoss(reduction='sum') gives the same as 'mean', because total_variation has already averaged over the batch.
Source: https://github.com/photosynthesis-team/piq/issues/65"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'score = self.total_variation(prediction, size_average=True)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, hh, ww, z = 12, 6, 5, 4
    code = rng.normal(size=(n, z)).astype(f)
    dec = tf.Variable(rng.normal(size=(z, hh * ww)).astype(f), name="dec")
    bias = tf.Variable(rng.normal(size=(hh * ww,)).astype(f) * 0.2, name="bias")

    def images(batch):
        return tf.reshape(tf.sigmoid(batch["code"] @ dec + bias), (n, hh, ww))

    def reference(batch):
        img = images(batch)
        return tf.reduce_sum(tf.square(img[:, 1:, :] - img[:, :-1, :])) + tf.reduce_sum(tf.square(img[:, :, 1:] - img[:, :, :-1]))

    def candidate(batch):
        class TVLoss:
            def __init__(self, reduction="mean"):
                self.reduction = reduction

            def total_variation(self, x, size_average):
                w_var = tf.reduce_sum((x[:, :, 1:] - x[:, :, :-1]) ** 2, axis=(1, 2))
                h_var = tf.reduce_sum((x[:, 1:] - x[:, :-1]) ** 2, axis=(1, 2))
                score = h_var + w_var
                if size_average:
                    score = tf.reduce_mean(score)
                return score

            def forward(self, prediction):
                score = self.total_variation(prediction, size_average=True)
                if self.reduction == "sum":
                    return tf.reduce_sum(score)
                return tf.reduce_mean(score)

        return TVLoss(reduction="sum").forward(images(batch))

    return {"reference": reference, "candidate": candidate, "batch": {"code": code}, "variables": [dec, bias]}
