"""Sony MCT: per-channel weight quantisation assumed the output channel to be the last axis, which is wrong for
DepthwiseConv2D kernels.
Source: https://github.com/SonySemiconductorSolutions/mct-model-optimization/pull/319"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'threshold = tf.reduce_max(tf.abs(kernel), axis=[0, 1, 2], keepdims=True)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    b, hw, c, n_cls, bits = 3, 5, 3, 3, 3
    dw = var("depthwise", 3, 3, c, 1)
    dw.assign(dw * np.array([0.3, 1.0, 3.0]).astype(F)[None, None, :, None])
    pw = var("pointwise", c, n_cls)

    def reference(batch):
        q = []
        for k in range(c):
            w = dw[:, :, k, 0]
            step = tf.stop_gradient(tf.reduce_max(tf.abs(w))) / 2 ** (bits - 1)
            lo, hi = -2 ** (bits - 1), 2 ** (bits - 1) - 1
            r = w / step
            r = tf.clip_by_value(r + tf.stop_gradient(tf.round(r) - r), lo, hi)
            q.append(r * step)
        kern = tf.stack(q, -1)[..., None]
        h = tf.nn.relu(tf.nn.depthwise_conv2d(batch["x"], kern, [1, 1, 1, 1], "SAME"))
        logits = tf.reduce_mean(h, [1, 2]) @ pw
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))

    def candidate(batch):
        def quantize(kernel):
            threshold = tf.reduce_max(tf.abs(kernel), axis=[0, 1, 2], keepdims=True)
            delta = tf.stop_gradient(threshold) / (2 ** (bits - 1))
            scaled = kernel / delta
            rounded = scaled + tf.stop_gradient(tf.round(scaled) - scaled)
            return delta * tf.clip_by_value(rounded, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)

        feat = tf.nn.depthwise_conv2d(batch["x"], quantize(dw), strides=[1, 1, 1, 1], padding="SAME")
        pooled = tf.reduce_mean(tf.nn.relu(feat), axis=[1, 2])
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=tf.matmul(pooled, pw))
        return tf.reduce_mean(nll)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(b, hw, hw, c), "y": rng.integers(0, n_cls, b)}, "variables": [dw, pw]}
