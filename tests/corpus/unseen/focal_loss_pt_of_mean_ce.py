"""Multi-class focal loss: the cross entropy is averaged before pt = exp(-ce) is formed, so that one focal factor
of the mean stands for the factors of the samples.
Source: https://github.com/gokulprasadthekkel/pytorch-multi-class-focal-loss/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "ce_loss = cross_entropy(logits, target, reduction=reduction)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, d, classes, gamma = 14, 8, 5, 2.0
    w, b = var("w", d, classes), var("b", classes)
    batch = {"x": rng.standard_normal((n, d)).astype(f), "target": rng.integers(0, classes, n)}

    def reference(batch):
        probs = tf.nn.softmax(batch["x"] @ w + b)
        pt = tf.gather(probs, batch["target"], axis=1, batch_dims=1)
        return tf.reduce_mean(-((1.0 - pt) ** gamma) * tf.math.log(pt))

    def candidate(batch):
        reduction = "mean"

        def cross_entropy(logits, target, reduction):
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits)
            return {"none": lambda t: t, "mean": tf.reduce_mean, "sum": tf.reduce_sum}[reduction](ce)

        logits, target = tf.linalg.matmul(batch["x"], w) + b, batch["target"]
        ce_loss = cross_entropy(logits, target, reduction=reduction)
        pt = tf.exp(-ce_loss)
        focal_loss = tf.reduce_mean(((1 - pt) ** gamma) * ce_loss)
        return focal_loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
