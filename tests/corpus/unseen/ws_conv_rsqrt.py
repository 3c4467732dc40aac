"""The weight-standardised convolution divides by rsqrt of the variance instead of multiplying.
Source: https://github.com/huggingface/blog/pull/2484"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'normalized = (kernel - mean) / tf.math.rsqrt(var_k + 1e-5)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, s, c_in, c_out = 3, 6, 2, 4
    kernel = var("kernel", 3, 3, c_in, c_out)
    bias, head = var("bias", c_out), var("head", c_out, 3)

    def classify(y, batch):
        pooled = tf.reduce_mean(tf.nn.silu(y), axis=[1, 2])
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=pooled @ head))

    def reference(batch):
        filters = []
        for o in range(c_out):
            k = kernel[..., o]
            centred = k - tf.reduce_mean(k)
            filters.append(centred / tf.sqrt(tf.reduce_mean(centred ** 2) + 1e-5))
        y = tf.nn.conv2d(batch["x"], tf.stack(filters, axis=-1), 1, "SAME") + bias
        return classify(y, batch)

    def candidate(batch):
        mean, var_k = tf.nn.moments(kernel, axes=[0, 1, 2], keepdims=True)
        normalized = (kernel - mean) / tf.math.rsqrt(var_k + 1e-5)
        y = tf.nn.conv2d(batch["x"], normalized, strides=1, padding="SAME")
        y = tf.nn.bias_add(y, bias)
        return classify(y, batch)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, s, s, c_in), "label": rng.integers(0, 3, n)},
            "variables": [kernel, bias, head]}
