"""Thread: the inverse method of the spline bijector returns log|det J| with the sign of the forward direction, so spline flows do not learn.
Source: https://github.com/facebookincubator/flowtorch/pull/100"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "ladj = tf.reduce_sum(log_slope, axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, dim, bins, bound = 7, 2, 4, 3.0
    heights = tf.Variable(rng.normal(size=(dim, bins)).astype(fx), name="unnorm_heights")
    shift = tf.Variable(rng.normal(size=(dim,)).astype(fx) * 0.2, name="shift")
    width = 2 * bound / bins

    def reference(batch):
        frac = tf.nn.softmax(heights, axis=1) * 2 * bound
        total = 0.0
        for i in range(n):
            for j in range(dim):
                y = batch["y"][i, j]
                left = tf.concat([tf.constant([-bound], y.dtype), -bound + tf.cumsum(frac[j])], 0)
                b = int(tf.clip_by_value(tf.reduce_sum(tf.cast(y >= left, tf.int32)) - 1, 0, bins - 1))
                slope = frac[j, b] / width
                x = -bound + b * width + (y - left[b]) / slope
                total += 0.5 * (x - shift[j]) ** 2 + 0.5 * np.log(2 * np.pi) + tf.math.log(slope)
        return total / n

    def candidate(batch):
        def inverse(y):
            h = 2 * bound * tf.nn.softmax(heights, axis=-1)
            knots = tf.cumsum(h, axis=-1, exclusive=True) - bound
            log_slopes = tf.math.log(h) - np.log(width)
            y_t = tf.transpose(y)
            idx = tf.reduce_sum(tf.cast(y_t[:, :, None] >= knots[:, None, :], tf.int32), axis=-1) - 1
            idx = tf.clip_by_value(idx, 0, bins - 1)
            y0 = tf.gather(knots, idx, axis=1, batch_dims=1)
            log_slope = tf.gather(log_slopes, idx, axis=1, batch_dims=1)
            x = tf.cast(idx, y.dtype) * width - bound + (y_t - y0) * tf.exp(-log_slope)
            ladj = tf.reduce_sum(log_slope, axis=0)
            return tf.transpose(x), ladj

        z, log_det = inverse(batch["y"])
        base = -0.5 * tf.reduce_sum(tf.square(z - shift) + np.log(2 * np.pi), axis=1)
        return -tf.reduce_mean(base + log_det)

    return {"reference": reference, "candidate": candidate,
            "batch": {"y": rng.uniform(-2.8, 2.8, size=(n, dim)).astype(fx)},
            "variables": [heights, shift]}
