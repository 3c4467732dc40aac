"""Focal loss for an SSD head: the paper gives alpha to the objects and 1 - alpha to the background (class 0); the
implementation hands them out the other way round.
Source: https://github.com/yatengLG/Focal-Loss-Pytorch/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'alpha = alpha + [self.alpha] + [1.0 - self.alpha] * (self.num_classes - 1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, c = 18, 5, 4
    feats = rng.normal(size=(n, d)).astype(f)
    labels = rng.integers(0, c, size=n)
    labels[:8] = 0
    labels[8:10] = [1, 2]
    head = tf.Variable(rng.normal(size=(d, c)).astype(f) * 0.6, name="head")
    bias = tf.Variable(np.zeros(c, f), name="bias")

    def reference(batch):
        p = tf.nn.softmax(batch["feats"] @ head + bias, axis=-1)
        total = tf.constant(0.0, f)
        for i in range(n):
            k = int(batch["labels"][i])
            a = 0.25 if k > 0 else 0.75
            pt = p[i, k]
            total -= a * (1.0 - pt) ** 2 * tf.math.log(pt)
        return total / n

    def candidate(batch):
        class FocalLoss:
            def __init__(self, alpha=0.25, gamma=2.0, num_classes=c):
                self.alpha, self.gamma, self.num_classes = alpha, gamma, num_classes

            def weights(self):
                alpha = []
                alpha = alpha + [self.alpha] + [1.0 - self.alpha] * (self.num_classes - 1)
                return tf.constant(alpha, f)

            def __call__(self, preds, labels):
                log_p = tf.nn.log_softmax(preds, axis=1)
                log_pt = tf.gather(log_p, labels[:, None], batch_dims=1)[:, 0]
                alpha = tf.gather(self.weights(), labels)
                loss = -tf.pow(1.0 - tf.exp(log_pt), self.gamma) * log_pt
                return tf.reduce_mean(alpha * loss)

        return FocalLoss()(tf.matmul(batch["feats"], head) + bias, batch["labels"])

    return {"reference": reference, "candidate": candidate, "batch": {"feats": feats, "labels": labels}, "variables": [head, bias]}
