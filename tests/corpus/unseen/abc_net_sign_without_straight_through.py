"""Accurate binary convolution: the filters are binarised by tf.sign without a straight-through gradient;
filters and shifts are never trained, the layers are random feature extractors.
Source: https://github.com/layog/Accurate-Binary-Convolution-Network/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "binarized_filters = tf.sign(tiled_filters + expanded_stddev)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, size, bases, classes = 14, 6, 3, 5
    filters, shifts = var("filters", 3, 3, 2, 4), var("shifts", bases, scale=0.7)
    alphas, fc = var("alphas", bases), var("fc", 4, classes)
    batch = {
        "img": rng.standard_normal((n, size, size, 2)).astype(f),
        "label": rng.integers(0, classes, n),
    }

    def reference(batch):
        centred = filters - tf.reduce_mean(filters)
        std = tf.math.reduce_std(filters)
        kernel = 0.0
        for m in range(bases):
            real = centred + shifts[m] * std
            kernel = kernel + alphas[m] * (real + tf.stop_gradient(tf.sign(real) - real))
        h = tf.nn.relu(tf.nn.conv2d(batch["img"], kernel, 1, "SAME"))
        logits = tf.reduce_mean(h, [1, 2]) @ fc
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["label"], logits))

    def candidate(batch):
        def get_binary_filters():
            mean, variance = tf.nn.moments(tf.reshape(filters, [-1]), axes=[0])
            tiled_filters = tf.tile((filters - mean)[None], [bases, 1, 1, 1, 1])
            expanded_stddev = tf.reshape(shifts * tf.sqrt(variance), [bases, 1, 1, 1, 1])
            binarized_filters = tf.sign(tiled_filters + expanded_stddev)
            return binarized_filters

        convs = [tf.nn.conv2d(batch["img"], k, strides=1, padding="SAME") for k in tf.unstack(get_binary_filters())]
        approx = tf.reduce_sum(tf.stack(convs) * tf.reshape(alphas, [bases, 1, 1, 1, 1]), axis=0)
        pooled = tf.reduce_mean(tf.reshape(tf.nn.relu(approx), [n, size * size, 4]), axis=1)
        logp = tf.nn.log_softmax(tf.matmul(pooled, fc))
        return -tf.reduce_mean(tf.gather(logp, batch["label"], axis=1, batch_dims=1))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [filters, shifts, alphas, fc]}
