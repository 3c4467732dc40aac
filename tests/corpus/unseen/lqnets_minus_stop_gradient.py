"""LQ-Nets activation quantizer: y = x_clip + stop_gradient(-x_clip) + stop_gradient(y); the minus sign puzzled a reader.

Source (real): https://github.com/microsoft/LQ-Nets/issues/9 (TensorFlow 1).
Right answer: EQUIVALENT to a straight-through estimator written as a custom gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, levels = 23, 6, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="conv_like")
    bias = tf.Variable(0.4 * arr(hid), name="bias")
    w2 = tf.Variable(0.7 * arr(hid, 3), name="fc")
    step = 0.5
    top = step * (levels - 1)
    batch = {"x": arr(n, d), "y": rng.integers(0, 3, n)}

    def reference(b):
        @tf.custom_gradient
        def quantize(x):  # straight through inside [0, top]; a stop_gradient outside
            q = step * tf.round(tf.clip_by_value(x, 0.0, top) / step)
            inside = tf.cast((x >= 0) & (x <= top), x.dtype)
            return q, lambda dy: dy * inside

        losses = []
        for i in range(b["x"].shape[0]):
            h = quantize(tf.linalg.matvec(w1, b["x"][i], transpose_a=True) + bias)
            logits = tf.linalg.matvec(w2, h, transpose_a=True)
            losses.append(tf.reduce_logsumexp(logits) - logits[int(b["y"][i])])
        return tf.reduce_mean(tf.stack(losses))

    def candidate(b):
        def quantized_activation(x):
            basis = tf.constant([step * k for k in range(levels)], dtype=x.dtype)
            thrs = (basis[:-1] + basis[1:]) / 2
            y = tf.zeros_like(x)
            for i in range(levels - 1):
                y = tf.where(x > thrs[i], tf.fill(tf.shape(x), basis[i + 1]), y)
            x_clip = tf.minimum(x, basis[-1])
            x_clip = tf.maximum(x_clip, tf.cast(0.0, x.dtype))
            y = x_clip + tf.stop_gradient(-x_clip) + tf.stop_gradient(y)
            return y

        hidden = quantized_activation(tf.nn.bias_add(tf.matmul(b["x"], w1), bias))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=tf.matmul(hidden, w2))
        return tf.reduce_mean(ce)

    return {"variables": [w1, bias, w2], "batch": batch, "reference": reference, "candidate": candidate}
