"""The documentation says that layer normalisation takes its moments over height, width and channels of
every sample; the layer does so over the last axis. Source: https://github.com/tensorflow/tensorflow/issues/39942"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'mean, variance = tf.nn.moments(hidden, axes=[-1], keepdims=True)',
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

    b, h, w, c, f, k, eps = 3, 3, 2, 2, 4, 3, 1e-3
    x = normal(b, h, w, c)
    labels = rng.integers(0, k, b).astype("int32")
    weights = np.array([1.0, 0.5, 2.0], dtype=fx)
    conv = var("conv", c, f)
    gamma = tf.Variable((1 + 0.3 * rng.standard_normal(f)).astype(fx), name="gamma")
    beta = var("beta", f)
    head = var("head", f, k)

    def reference(batch):
        total = 0.0
        for i in range(b):
            z = tf.reshape(batch["x"][i], [h * w, c]) @ conv
            mu = tf.reduce_mean(z)
            sd = tf.sqrt(tf.reduce_mean((z - mu) ** 2) + eps)
            z = tf.nn.relu((z - mu) / sd * gamma + beta)
            logits = tf.reduce_mean(z, axis=0, keepdims=True) @ head
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"][i:i + 1], logits=logits)
            total += batch["weights"][i] * ce[0]
        return total / tf.reduce_sum(batch["weights"])

    def candidate(batch):
        hidden = tf.einsum("bhwc,cf->bhwf", batch["x"], conv)
        mean, variance = tf.nn.moments(hidden, axes=[-1], keepdims=True)
        hidden = tf.nn.batch_normalization(hidden, mean, variance, beta, gamma, eps)
        pooled = tf.reduce_mean(tf.nn.relu(hidden), axis=[1, 2])
        logits = tf.matmul(pooled, head)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"], logits=logits)
        return tf.reduce_sum(ce * batch["weights"]) / tf.reduce_sum(batch["weights"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "labels": labels, "weights": weights}, "variables": [conv, gamma, beta, head]}
