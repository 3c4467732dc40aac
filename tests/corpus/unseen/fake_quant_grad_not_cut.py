"""Fake quantisation of weights with a straight-through backward. The gradient should vanish for weights outside the quantisation range; the hand-written one passes everything.
Source: https://github.com/microsoft/nni/pull/3160"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'return grad_output',
    "same_forward_value": True,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 16, 6, 4
    w = tf.Variable(1.2 * rng.normal(size=(d, k)), dtype=f, name="w")
    b = tf.Variable(0.1 * rng.normal(size=(k,)), dtype=f, name="b")
    batch = {"x": rng.normal(size=(n, d)).astype(f), "y": rng.normal(size=(n, k)).astype(f)}
    step, bits = 0.25, 3

    def reference(batch):
        lo, hi = -(2 ** (bits - 1)) * step, (2 ** (bits - 1) - 1) * step
        inside = tf.clip_by_value(w, lo, hi)
        snapped = tf.round(inside / step) * step
        w_q = inside + tf.stop_gradient(snapped - inside)
        out = tf.tanh(batch["x"] @ w_q + b)
        return tf.reduce_mean(tf.reduce_sum((out - batch["y"]) ** 2, -1))

    def candidate(batch):
        class QuantGrad:
            def __init__(self, scale, n_bits):
                self.scale = scale
                self.qmin = -(2 ** (n_bits - 1))
                self.qmax = 2 ** (n_bits - 1) - 1

            def forward(self, tensor):
                q = tf.round(tensor / self.scale)
                q = tf.maximum(tf.minimum(q, self.qmax), self.qmin)
                return q * self.scale

            def backward(self, tensor, grad_output):
                return grad_output

            def __call__(self, tensor):
                @tf.custom_gradient
                def apply(t):
                    return self.forward(t), lambda g: self.backward(t, g)
                return apply(tensor)

        quantizer = QuantGrad(step, bits)
        weight = quantizer(tf.convert_to_tensor(w))
        hidden = keras.activations.tanh(tf.linalg.matmul(batch["x"], weight) + b)
        sq = tf.math.squared_difference(hidden, batch["y"])
        return tf.reduce_sum(sq) / n

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
