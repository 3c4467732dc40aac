"""FUNIT's AdaptiveInstanceNorm2d calls batch_norm on a tensor reshaped to (1, b*c, h, w); is it an instance normalisation at all?
Source: https://github.com/NVlabs/FUNIT/issues/26"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, hw, c = 3, 4, 3
    kernel = tf.Variable(rng.normal(0, 0.6, (3, 3, 2, c)).astype(fx), name="conv")
    mlp = tf.Variable(rng.normal(0, 0.6, (4, 2 * c)).astype(fx), name="mlp")
    eps = 1e-5

    def reference(batch):
        f = tf.nn.conv2d(batch["image"], kernel, 1, "SAME")
        mean, var = tf.nn.moments(f, axes=[1, 2], keepdims=True)
        bias, weight = tf.split(batch["style"] @ mlp, 2, axis=1)
        out = weight[:, None, None] * (f - mean) / tf.sqrt(var + eps) + bias[:, None, None]
        return tf.reduce_mean(tf.abs(out - batch["target"]))

    def candidate(batch):
        def batch_norm(x, weight, bias):
            mean = tf.reduce_mean(x, axis=(0, 2, 3))
            var = tf.reduce_mean(tf.square(x - mean[None, :, None, None]), axis=(0, 2, 3))
            scale = weight * tf.math.rsqrt(var + eps)
            return x * scale[None, :, None, None] + (bias - mean * scale)[None, :, None, None]

        x = tf.nn.conv2d(batch["image"], kernel, strides=1, padding="SAME")
        params = tf.matmul(batch["style"], mlp)
        bias = tf.reshape(params[:, :c], (-1,))
        weight = tf.reshape(params[:, c:], (-1,))
        x_reshaped = tf.reshape(tf.transpose(x, (0, 3, 1, 2)), (1, n * c, hw, hw))
        out = batch_norm(x_reshaped, weight, bias)
        out = tf.transpose(tf.reshape(out, (n, c, hw, hw)), (0, 2, 3, 1))
        return keras.losses.MeanAbsoluteError()(batch["target"], out)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(n, hw, hw, 2)).astype(fx), "style": rng.normal(size=(n, 4)).astype(fx),
                      "target": rng.normal(size=(n, hw, hw, c)).astype(fx)},
            "variables": [kernel, mlp]}
