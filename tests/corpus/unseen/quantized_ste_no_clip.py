"""The straight-through estimator of UniformQuantize does not cancel the gradient of values outside the range. Source: https://github.com/eladhoffer/quantized.pytorch/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'stop_gradient',
    "line_marker": 'return x + tf.stop_gradient(output - x)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, h, k, num_bits = 6, 4, 6, 3, 3
    w1 = var("w1", d, h, scale=0.9)
    w2 = var("w2", h, k)
    lo, hi = -1.0, 1.0

    def reference(batch):
        z = batch["x"] @ w1
        step = (hi - lo) / (2 ** num_bits - 1)
        inside = tf.clip_by_value(z, lo, hi)
        levels = lo + tf.round((inside - lo) / step) * step
        q = inside + tf.stop_gradient(levels - inside)
        logits = q @ w2
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    def candidate(batch):
        def uniform_quantize(x, min_value, max_value):
            qmax = 2.0 ** num_bits - 1.0
            scale = (max_value - min_value) / qmax
            output = (x - min_value) / scale
            output = tf.round(tf.clip_by_value(output, 0.0, qmax))
            output = output * scale + min_value
            return x + tf.stop_gradient(output - x)

        hidden = uniform_quantize(tf.matmul(batch["x"], w1), lo, hi)
        logp = tf.nn.log_softmax(tf.matmul(hidden, w2))
        return -tf.reduce_mean(tf.gather(logp, batch["y"], batch_dims=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": (1.3 * rng.standard_normal((n, d))).astype(fx), "y": rng.integers(0, k, n)},
            "variables": [w1, w2]}
