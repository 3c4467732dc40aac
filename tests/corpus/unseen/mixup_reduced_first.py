"""Mixup's two cross entropies are reduced to a mean before they are weighted with each sample's lambda; the
weighting should come first. Source: https://github.com/fastai/fastai/issues/2286"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_mean(ce)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, d, k = 6, 4, 3
    xs = normal(n, d)
    y1 = rng.integers(0, k, n)
    target_np = np.stack([y1, np.roll(y1, 2), rng.random(n)], 1).astype(fx)
    w = var("w", d, k)

    def reference(batch):
        lp = tf.nn.log_softmax(batch["xs"] @ w)
        total = 0.0
        for i in range(n):
            a = tf.cast(batch["target"][i, 0], tf.int32)
            b = tf.cast(batch["target"][i, 1], tf.int32)
            m = batch["target"][i, 2]
            total -= m * lp[i, a] + (1.0 - m) * lp[i, b]
        return total / n

    def candidate(batch):
        def crit(logits, labels):
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
            return tf.reduce_mean(ce)

        output = tf.matmul(batch["xs"], w)
        target = batch["target"]
        first = tf.cast(target[:, 0], tf.int64)
        second = tf.cast(target[:, 1], tf.int64)
        loss1, loss2 = crit(output, first), crit(output, second)
        d_ = loss1 * target[:, 2] + loss2 * (1.0 - target[:, 2])
        return tf.reduce_mean(d_)

    return {"reference": reference, "candidate": candidate,
            "batch": {"xs": xs, "target": target_np}, "variables": [w]}
