"""The LayerNorm of the course notebook takes the standard deviation and then its square root. Source: https://github.com/fastai/course-v3/pull/363"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'v = tf.math.reduce_std(x, axis=axes, keepdims=True)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, h, w, c, k = 5, 4, 4, 3, 3
    mult = tf.Variable(np.array(1.3).astype(fx), name="mult")
    add = tf.Variable(np.array(0.2).astype(fx), name="add")
    conv = var("conv", 3, 3, c, 4, scale=0.9)
    fc = var("fc", 4, k, scale=1.0)

    def reference(batch):
        z = tf.nn.relu(tf.nn.conv2d(batch["x"], conv, 1, "SAME"))
        flat = tf.reshape(z, [tf.shape(z)[0], -1])
        mu = tf.reduce_mean(flat, 1, keepdims=True)
        var_ = tf.reduce_mean((flat - mu) ** 2, 1, keepdims=True)
        flat = mult * (flat - mu) / tf.sqrt(var_ + 1e-5) + add
        pooled = tf.reduce_max(tf.reshape(flat, tf.shape(z)), [1, 2])
        logp = tf.nn.log_softmax(pooled @ fc)
        return -tf.reduce_mean(tf.gather(logp, batch["y"], batch_dims=1))

    def candidate(batch):
        def layer_norm(x, eps=1e-5):
            axes = [1, 2, 3]
            m = tf.reduce_mean(x, axis=axes, keepdims=True)
            v = tf.math.reduce_std(x, axis=axes, keepdims=True)
            x = (x - m) / tf.sqrt(v + eps)
            return x * mult + add

        x = tf.nn.relu(tf.nn.conv2d(batch["x"], conv, strides=1, padding="SAME"))
        x = layer_norm(x)
        x = tf.reduce_max(x, axis=[1, 2])
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=x @ fc)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": (2 * rng.standard_normal((n, h, w, c))).astype(fx), "y": rng.integers(0, k, n)},
            "variables": [mult, add, conv, fc]}
