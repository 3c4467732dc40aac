"""Layer norm written by hand: epsilon is added to K instead of to the variance, so a constant (padded) row divides by zero.
Source: https://github.com/xlite-dev/LeetCUDA/pull/317"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'inv_std = tf.math.rsqrt(ssq / (k + self.epsilon))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    wx, g, wo = var("inp", 6, 5), tf.Variable((1 + 0.1 * rng.normal(size=5)).astype(f), name="g"), var("out", 5, 3)

    def reference(batch):
        rows = []
        for r in tf.unstack(batch["x"] @ wx):
            c = r - tf.reduce_mean(r)
            rows.append(c / tf.sqrt(tf.reduce_mean(c * c) + 1e-5) * g)
        return tf.reduce_mean((tf.stack(rows) @ wo - batch["y"]) ** 2)

    def candidate(batch):
        class LayerNorm:
            def __init__(self, scale, epsilon=1e-5):
                self.scale, self.epsilon = scale, epsilon

            def __call__(self, x):
                k = float(x.shape[-1])
                mean = tf.reduce_sum(x, -1, keepdims=True) / k
                centred = x - mean
                ssq = tf.reduce_sum(tf.square(centred), -1, keepdims=True)
                inv_std = tf.math.rsqrt(ssq / (k + self.epsilon))
                return centred * inv_std * self.scale

        pred = tf.matmul(LayerNorm(g)(tf.matmul(batch["x"], wx)), wo)
        return tf.reduce_mean(tf.math.squared_difference(pred, batch["y"]))

    x = data(13, 6)
    x[-2:] = 0.0
    return {"reference": reference, "candidate": candidate, "variables": [wx, g, wo], "batch": {"x": x, "y": data(13, 3)}}
