"""Weight standardisation divides the kernel by the variance that nn.moments gives, not by the standard
deviation. Source: https://github.com/ppwwyyxx/GroupNorm-reproduce/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'w = (kernel - mean) / (var_ + 1e-5)',
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

    n, h, c, o = 4, 5, 2, 3
    images = normal(n, h, h, c)
    label = rng.integers(0, o, n).astype("int32")
    kernel = var("kernel", 3, 3, c, o, scale=0.3)
    gain = var("gain", o)

    def reference(batch):
        columns = []
        for k in range(o):
            col = tf.reshape(kernel[:, :, :, k], [-1])
            centred = col - tf.reduce_mean(col)
            std = tf.sqrt(tf.reduce_mean(centred ** 2) + 1e-5)
            columns.append(tf.reshape(centred / std, [3, 3, c]))
        out = tf.nn.conv2d(batch["images"], tf.stack(columns, -1), 1, "SAME")
        pooled = tf.reduce_mean(tf.nn.relu(out), axis=[1, 2]) * gain
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["label"], pooled))

    def candidate(batch):
        mean, var_ = tf.nn.moments(kernel, axes=[0, 1, 2], keepdims=True)
        w = (kernel - mean) / (var_ + 1e-5)
        x = tf.nn.relu(tf.nn.conv2d(batch["images"], w, strides=1, padding="SAME"))
        logits = gain * tf.reduce_mean(x, axis=(1, 2))
        picked = tf.gather(tf.nn.log_softmax(logits), batch["label"], axis=1, batch_dims=1)
        return -tf.reduce_mean(picked)

    return {"reference": reference, "candidate": candidate,
            "batch": {"images": images, "label": label}, "variables": [kernel, gain]}
