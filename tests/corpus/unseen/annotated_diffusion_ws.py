"""WeightStandardizedConv2d divides the centred weight by the reciprocal square root of the variance. Source: https://github.com/huggingface/blog/pull/2484"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'normalized = (w - mean) / tf.math.rsqrt(variance + eps)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, h, cin, cout = 3, 5, 2, 4
    kernel = var("kernel", 3, 3, cin, cout)
    bias = var("bias", cout)
    head = var("head", cout, cin)
    eps = 1e-3

    def reference(batch):
        noisy = batch["alpha"] * batch["x0"] + tf.sqrt(1.0 - batch["alpha"] ** 2) * batch["noise"]
        k = tf.reshape(kernel, [-1, cout])
        k = k - tf.reduce_mean(k, 0)
        k = k / tf.sqrt(tf.reduce_mean(k * k, 0) + eps)
        hidden = tf.nn.conv2d(noisy, tf.reshape(k, kernel.shape), 1, "SAME") + bias
        eps_hat = tf.nn.silu(hidden) @ head
        return tf.reduce_mean(tf.abs(batch["noise"] - eps_hat))

    def candidate(batch):
        def ws_conv(x, w, b):
            mean = tf.reduce_mean(w, axis=[0, 1, 2], keepdims=True)
            variance = tf.math.reduce_variance(w, axis=[0, 1, 2], keepdims=True)
            normalized = (w - mean) / tf.math.rsqrt(variance + eps)
            return tf.nn.bias_add(tf.nn.conv2d(x, normalized, strides=1, padding="SAME"), b)

        def q_sample(x_start, alpha, noise):
            return alpha * x_start + tf.sqrt(1.0 - tf.square(alpha)) * noise

        x_noisy = q_sample(batch["x0"], batch["alpha"], batch["noise"])
        y = tf.nn.silu(ws_conv(x_noisy, kernel, bias))
        predicted = tf.einsum("bhwc,cd->bhwd", y, head)
        return keras.losses.MeanAbsoluteError()(batch["noise"], predicted)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": rng.standard_normal((n, h, h, cin)).astype(fx),
                      "noise": rng.standard_normal((n, h, h, cin)).astype(fx),
                      "alpha": rng.uniform(0.2, 0.9, (n, 1, 1, 1)).astype(fx)},
            "variables": [kernel, bias, head]}
