"""temporal_convolution_layer: the shift is said to be too small to be causal; with SAME padding and kernel 2 it is right.
Source: https://github.com/sjvasquez/web-traffic-forecasting/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, ch, kernel, dilation = 4, 9, 2, 4, 2, 4
    w1 = tf.Variable((0.7 * rng.standard_normal((kernel, d, ch))).astype(f), name="w1")
    b1 = tf.Variable((0.2 * rng.standard_normal(ch)).astype(f), name="b1")
    w2 = tf.Variable(rng.standard_normal((ch, 1)).astype(f), name="w2")

    def reference(batch):
        x = batch["x"]
        outs = []
        for i in range(t):
            acc = tf.zeros((n, ch), w1.dtype) + b1
            for k in range(kernel):
                at = i - dilation * (kernel - 1 - k)
                if at >= 0:
                    acc += x[:, at] @ w1[k]
            outs.append(tf.tanh(acc) @ w2)
        pred = tf.concat(outs, axis=1)
        return tf.reduce_mean(tf.abs(pred - batch["y"]))

    def candidate(batch):
        def temporal_convolution_layer(inputs, weights, bias, dilation_rate, causal=True):
            kernel_size = weights.shape[0]
            if causal:
                shift = (kernel_size // 2) + (dilation_rate - 1) // 2
                left = tf.zeros((tf.shape(inputs)[0], shift, inputs.shape[2]), inputs.dtype)
                inputs = tf.concat([left, inputs], axis=1)
            z = tf.nn.convolution(inputs, weights, padding="SAME", dilations=[dilation_rate])
            z = z + bias
            return tf.tanh(z[:, :-shift, :] if causal else z)

        h = temporal_convolution_layer(batch["x"], w1, b1, dilation)
        y_hat = tf.squeeze(tf.tensordot(h, w2, axes=1), axis=-1)
        return tf.reduce_mean(tf.abs(batch["y"] - y_hat))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, t, d)).astype(f), "y": (3 * rng.standard_normal((n, t))).astype(f)},
            "variables": [w1, b1, w2]}
