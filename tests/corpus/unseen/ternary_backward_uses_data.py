"""Trained ternary quantization: the backward pass scales the full precision weights where it should scale their gradient.

Source (real): https://github.com/vinsis/ternary-quantization/issues/1 (PyTorch, ported).
Right answer: NOT equivalent; only the gradient of the full precision kernel is wrong.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "full_precision_grad = a * data * w_p + b_ * data * w_n + c * data",
    "same_forward_value": True,
}

T = 0.05


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 17, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    kernel = tf.Variable(0.3 * arr(d, hid), name="full_precision")
    w_pos = tf.Variable(np.asarray(0.8, f), name="w_p")
    w_neg = tf.Variable(np.asarray(0.6, f), name="w_n")
    out = tf.Variable(0.7 * arr(hid, 3), name="classifier")
    batch = {"x": arr(n, d), "y": rng.integers(0, 3, n)}

    def reference(b):
        delta = T * tf.reduce_max(tf.abs(kernel))
        sign = tf.stop_gradient(tf.where(kernel > delta, 1.0, tf.where(kernel < -delta, -1.0, 0.0)))
        sign = tf.cast(sign, kernel.dtype)
        scale = tf.maximum(sign, 0) * w_pos + tf.maximum(-sign, 0) * w_neg
        step = tf.stop_gradient(tf.where(sign == 0, tf.ones_like(scale), scale))
        quantized = sign * scale + step * (kernel - tf.stop_gradient(kernel))
        logits = tf.nn.relu(b["x"] @ quantized) @ out
        rows = tf.range(tf.shape(logits)[0], dtype=b["y"].dtype)
        return -tf.reduce_mean(tf.gather_nd(tf.nn.log_softmax(logits), tf.stack([rows, b["y"]], axis=1)))

    def candidate(b):
        @tf.custom_gradient
        def quantize(data, w_p, w_n):
            delta = T * tf.reduce_max(tf.abs(data))
            a = tf.cast(data > delta, data.dtype)
            b_ = tf.cast(data < -delta, data.dtype)
            c = 1.0 - a - b_

            def backward(grad_data):
                full_precision_grad = a * data * w_p + b_ * data * w_n + c * data
                w_p_grad = tf.reduce_sum(a * grad_data)
                w_n_grad = -tf.reduce_sum(b_ * grad_data)
                return full_precision_grad, w_p_grad, w_n_grad

            return a * w_p - b_ * w_n, backward

        ternary = quantize(tf.convert_to_tensor(kernel), tf.convert_to_tensor(w_pos), tf.convert_to_tensor(w_neg))
        hidden = tf.nn.relu(tf.matmul(b["x"], ternary))
        logits = tf.matmul(hidden, out)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=logits)
        return tf.reduce_mean(ce)

    return {"variables": [kernel, w_pos, w_neg, out], "batch": batch, "reference": reference, "candidate": candidate}
