"""Layer normalisation with rms_scaling takes the variance (mean removed) for the scale instead of the mean of the squares.

Source (real): https://github.com/keras-team/keras/pull/22393
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'variance = tf.math.reduce_variance(x, axis=-1, keepdims=True)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d = 10, 5
    dense1 = tf.keras.layers.Dense(d, kernel_initializer=tf.keras.initializers.Constant(rng.normal(size=(4, d)).astype("float32")), bias_initializer="ones")
    dense1.build((None, 4))
    scale = tf.Variable(rng.uniform(0.5, 1.5, size=(d,)).astype("float32"), name="scale")
    w_out = var("w_out", d, 2)
    batch = {"x": arr(n, 4), "y": arr(n, 2), "w": rng.uniform(0.2, 1.0, size=(n,)).astype("float32")}
    eps = 1e-3

    def weighted_huber(h, b):
        err = h @ w_out - b["y"]
        a = tf.abs(err)
        hub = tf.where(a < 1.0, 0.5 * tf.square(err), a - 0.5)
        return tf.reduce_sum(b["w"] * tf.reduce_mean(hub, axis=-1)) / tf.reduce_sum(b["w"])

    def reference(b):
        rows = []
        for i in range(n):
            h = dense1(b["x"][i:i + 1])
            rows.append(h / tf.sqrt(tf.reduce_mean(h * h) + eps) * scale)
        return weighted_huber(tf.concat(rows, axis=0), b)

    def candidate(b):
        x = dense1(b["x"])
        variance = tf.math.reduce_variance(x, axis=-1, keepdims=True)
        inv = tf.math.rsqrt(variance + eps) * scale
        return weighted_huber(x * inv, b)

    return {"variables": [v.value for v in dense1.trainable_variables] + [scale, w_out], "batch": batch, "reference": reference, "candidate": candidate}
